"""A connection as a manifest has it: its plain fields, what it implies, and how it is exported."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from reconciler.kinds.connection import stream_blocks
from reconciler.kinds.connection.schedule import foreign_zone
from reconciler.kinds.contract.exporting import Block, Found, Remark, listed, unsayable
from reconciler.model import Json, Spec

PLAIN_FIELDS = (
    "name",
    "namespaceDefinition",
    "namespaceFormat",
    "prefix",
    "nonBreakingSchemaUpdatesBehavior",
    "status",
)
"""Fields that are the same in a manifest, in a spec and at the API."""


def default_references(own: str, declared: Mapping[str, Collection[str]]) -> dict[str, str | None]:
    """The source of the connection's own key, and the tenant's only destination."""
    sources, destinations = (declared[kind] for kind in ("source", "destination"))
    return {
        "source": own if own in sources else None,
        "destination": next(iter(destinations)) if len(destinations) == 1 else None,
    }


# What the server makes of fields that a create leaves out.
_FILLED: Mapping[str, Json] = {
    "schedule": {"scheduleType": "manual"},
    "namespaceDefinition": "destination",
    "prefix": "",
    "nonBreakingSchemaUpdatesBehavior": "ignore",
    "status": "active",
    "tags": [],
}
_WRITABLE_SCHEDULES = ("manual", "cron")
_WRITABLE_STATUSES = ("active", "inactive")


def to_manifest(found: Found) -> Block:
    spec, remarks = found.spec, list(_unwritable(found.spec))
    plain = {field: spec[field] for field in PLAIN_FIELDS[1:] if field in spec}
    remarks += [Remark((f,), problem) for f, v in plain.items() if (problem := unsayable(v))]
    fields = {"schedule": spec["schedule"], **plain, "tags": sorted(spec["tags"])}
    for remark in remarks:
        fields.pop(str(remark.at[0]), None)
    written = stream_blocks.to_manifest(spec["streams"], found, remarks)
    return Block(
        {
            **found.name(),
            **_references(found),
            **found.told(fields, _FILLED),
            **({"streams": written} if written else {}),
        },
        tuple(remarks),
    )


def _references(found: Found) -> Mapping[str, str]:
    """Source and destination, where they are not those that the manifest implies."""
    implied = default_references(found.key.name, found.declared)
    return {
        field: found.spec[field].name
        for field, default in implied.items()
        if found.is_full or found.spec[field].name != default
    }


def _unwritable(spec: Spec) -> Iterator[Remark]:
    """The fields whose live value no manifest can have."""
    if (type_ := spec["schedule"].get("scheduleType")) not in _WRITABLE_SCHEDULES:
        timing = spec["schedule"].get("basicTiming", "no timing")
        yield Remark(("schedule",), f"{type_} ({timing}), which only Airbyte's own UI can set")
    elif zone := foreign_zone(spec["schedule"]):
        yield Remark(("schedule",), f"in the zone {zone}, which only Airbyte's own UI can set")
    if spec.get("status", "active") not in _WRITABLE_STATUSES:
        yield Remark(("status",), f"{spec['status']}, which Airbyte alone decides")
    if unknown := [name for name, ref in spec["tags"].items() if ref.name.startswith("@")]:
        yield Remark(("tags",), f"{listed(unknown)} among them, which no manifest can have")
