"""The keys that every block of a manifest may have besides the API's own: how long it lives.

They are ours, so no kind sees them: `state`, `reason`, `renamedFrom`, `protect`, `adopt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model import Json

KEYS = frozenset({"state", "reason", "renamedFrom", "protect", "adopt"})


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a block says of its resource's life; by default it is there.

    `is_protected` is None where it says nothing.
    """

    is_absent: bool = False
    reason: str = ""
    renamed_from: str = ""
    is_protected: bool | None = None
    adopt_id: str = ""


def lifecycle(block: Mapping[str, Json]) -> Lifecycle:
    """What *block* says of its resource's life; its shape need not have been checked."""
    adopt = block.get("adopt")
    return Lifecycle(
        is_absent=block.get("state") == "absent",
        reason=str(block.get("reason", "")),
        renamed_from=str(block.get("renamedFrom", "")),
        is_protected=block.get("protect"),
        adopt_id=str(adopt.get("id", "")).lower() if isinstance(adopt, dict) else "",
    )


def own_fields(block: Mapping[str, Json]) -> Mapping[str, Json]:
    """*block* without those keys."""
    return {key: value for key, value in block.items() if key not in KEYS}
