"""Payouts: requests, review, batches, what the channel says. The door is `service`."""
