"""The plan: what to do, in which order, why, and whether it may be done. Pure values."""
