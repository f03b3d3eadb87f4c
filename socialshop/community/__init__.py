"""What members say: reviews and notes of what they bought, and what becomes of them."""
