"""Files the user writes: finding them, reading them, checking them against their schema."""
