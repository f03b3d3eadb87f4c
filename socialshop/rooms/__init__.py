"""Rooms, seats, joining, filling, expiry."""
