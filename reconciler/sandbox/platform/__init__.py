"""The rules of the platform behind the API: streams, secrets, schedules, states."""
