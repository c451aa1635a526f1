"""Everything but plans, as text."""
