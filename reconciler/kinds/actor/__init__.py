"""Sources and destinations: a connector, its configuration, their updates."""
