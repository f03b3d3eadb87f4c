"""The sandbox payment provider: a process of its own that behaves as a provider does, and misbehaves when told to.

It shares nothing with the shop but a secret: its own books in a file, an HTTP API, signed webhooks. It does not run in
production.
"""
