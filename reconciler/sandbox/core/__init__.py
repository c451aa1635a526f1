"""What every handler stands on: calls, routing, shapes, the store, the clock."""
