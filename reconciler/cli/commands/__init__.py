"""The commands, one a file: each parses, calls an operation, and echoes its rendering."""
