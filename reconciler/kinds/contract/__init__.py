"""What a kind must say of itself, and what kinds share in saying it."""
