"""Contracts of registries: what every registered one must do, and the places they are tested at."""
