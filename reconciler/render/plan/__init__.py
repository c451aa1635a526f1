"""A plan in every form that people and programs read."""
