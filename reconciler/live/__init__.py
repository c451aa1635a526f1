"""API → live state: reading, identity, survey."""
