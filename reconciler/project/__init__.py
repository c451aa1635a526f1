"""The project a user has: its file, its tenants, and their desired state."""
