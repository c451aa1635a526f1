"""resourceAllocation of a source or destination: what of it is kept, and how it reads.

Source: the platform's ApiPojoConverters and ScopedResourceRequirements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.core import problems
from reconciler.sandbox.core.shapes import choice, list_of, record, text

_KEPT = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
_REQUIREMENTS = record(
    {}, dict.fromkeys((*_KEPT, "ephemeral_storage_request", "ephemeral_storage_limit"), text)
)
_JOBS = (
    "get_spec",
    "check_connection",
    "discover_schema",
    "sync",
    "reset_connection",
    "connection_updater",
    "replicate",
)
SHAPE = record(
    {},
    {
        "default": _REQUIREMENTS,
        "jobSpecific": list_of(
            record({"jobType": choice(*_JOBS), "resourceRequirements": _REQUIREMENTS}, {})
        ),
    },
)


def kept(sent: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Resources as they are stored; absent erases what there was, ephemeral storage is dropped."""
    if not sent:
        return None
    jobs = [
        {**job, "resourceRequirements": _known(job["resourceRequirements"])}
        for job in sent.get("jobSpecific", ())
    ]
    default = {"default": _known(sent["default"])} if "default" in sent else {}
    return {**default, "jobSpecific": jobs}


def read(stored: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The field as an answer has it. Without a default the server fails over its own data."""
    if stored is None:
        return {}
    if "default" not in stored:
        raise problems.error_id(500)
    return {"resourceAllocation": stored}


def _known(requirements: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: requirements[key] for key in _KEPT if key in requirements}
