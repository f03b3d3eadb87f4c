"""The books over all rooms: proofs, closings, what is owed, reports as tables. The door is `service`."""
