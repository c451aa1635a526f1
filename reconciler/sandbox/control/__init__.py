"""/_sandbox: what is asked of the sandbox itself, and what other sides than the API do."""
