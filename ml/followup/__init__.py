"""What changed between two visits of one person: comparability, rates, lesions. No torch, no files."""
