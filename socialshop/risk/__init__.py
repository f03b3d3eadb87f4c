"""Risk: rules and rings over marks and money; what they find holds money until a person decides (risk.md)."""
