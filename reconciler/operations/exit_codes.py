"""What the exit code says; documented in the README."""

from enum import IntEnum


class ExitCode(IntEnum):
    """CHANGES shares its number with click's wrong usage, as in Terraform."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    REFUSED = 3
    PARTLY_APPLIED = 4
    STALE = 5
    INTERRUPTED = 130
