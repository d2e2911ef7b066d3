"""What planning systems demand of the objects they import: data in TOML files, and the check."""
