"""The append-only, sealed record of who did what. The door is `service`."""
