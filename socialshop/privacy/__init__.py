"""What the shop holds of a person: consents, export, erasure, and who looked."""
