"""What a terminal does: asks, shows progress, keeps a log, says how it ended."""
