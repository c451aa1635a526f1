"""Options that several commands take alike, and the values that they make."""
