"""The application: what each command does, as functions of values."""
