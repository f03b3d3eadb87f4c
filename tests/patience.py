"""How long a test waits for what comes by itself: on a quiet machine it takes a few seconds at most."""

# Seconds: what it may take on a machine that does ten other things, and less than a whole test may (pyproject.toml).
PATIENCE = 120.0
# Until a whole shop is ready: ten processes come up at once.
SHOP_PATIENCE = 360.0
