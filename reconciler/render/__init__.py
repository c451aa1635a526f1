"""Values → text, for people; pure: no input, no output, colours are an argument."""
