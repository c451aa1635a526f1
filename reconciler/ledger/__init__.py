"""What the tool remembers between runs, in one SQLite file: useful, and safe to lose."""
