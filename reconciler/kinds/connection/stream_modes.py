"""What the sync mode of a stream decides: whether a cursor and a primary key count.

Source: Airbyte public API, `configurations.streams[].syncMode`; what is discarded for which mode,
from the platform's AirbyteCatalogHelper.
"""

from __future__ import annotations

DEFAULT_MODE = "full_refresh_overwrite"
KEYLESS_MODES = (DEFAULT_MODE, "full_refresh_append")  # a primary key sent for these is discarded


def uses_cursor(mode: str) -> bool:
    return mode.startswith("incremental")
