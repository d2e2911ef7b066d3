"""What changed between two visits of a person: comparability, rates, lesions. No torch."""
