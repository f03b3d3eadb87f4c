"""What the shop itself noticed, and shows to the person who decides."""
