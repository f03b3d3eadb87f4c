"""Wire shapes of orders, of what is asked back of them, and of where they go."""
