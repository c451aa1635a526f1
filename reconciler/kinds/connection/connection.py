"""Connection: which streams go from a source to a destination, and when.

Source: Airbyte public API, /connections. Source and destination cannot be patched. PATCH of streams
replaces the whole list and resets what is left out of each, so it is sent only when streams differ,
and then complete. Cron expressions come back with their zone behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from reconciler.kinds.connection import (
    blocks,
    stream_changes,
    stream_fit,
    stream_writes,
    streams,
)
from reconciler.kinds.connection.blocks import PLAIN_FIELDS, default_references
from reconciler.kinds.connection.checks import check_connection
from reconciler.kinds.connection.cron_times import next_run
from reconciler.kinds.connection.schedule import explain as explain_schedule
from reconciler.kinds.connection.schedule import normal_schedule
from reconciler.kinds.contract.kind import (
    Blocks,
    Caveats,
    Comparing,
    Exporting,
    Jobs,
    Kind,
    Replacing,
)
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Becomes,
    Changes,
    Context,
    Declaration,
    Reference,
    RefOf,
    Request,
    changed_fields,
    required,
)
from reconciler.kinds.tag import default_colour
from reconciler.model import ALL, UNREADABLE, Exhaustive, Json, Path, Ref, ResourceKey, Spec
from reconciler.model.changes import Equality, FieldChange, Mark
from reconciler.model.effects import Consequence, Effect
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    fields = declaration.fields
    spec: dict[str, Json] = {"name": declaration.key.name}
    spec |= {field: fields[field] for field in PLAIN_FIELDS if field in fields}
    problems = list(check_connection(fields))
    implied = default_references(declaration.key.name, declaration.declared)
    for field, default in implied.items():
        name = fields.get(field, default)
        if name is None:
            problems.append(_undecided(field, declaration))
        else:
            spec[field] = Ref(field, name)
    if "schedule" in fields:
        spec["schedule"] = normal_schedule(fields["schedule"])
    if "tags" in fields:
        spec["tags"] = Exhaustive({name: Ref("tag", name) for name in fields["tags"]})
    if "streams" in fields:
        spec["streams"], found = streams.declare(fields["streams"])
        problems += [problem.inside(("streams",)) for problem in found]
    else:
        problems.append(_UNMANAGED_STREAMS)
    return spec, problems


_UNMANAGED_STREAMS = Problem(
    rules.STREAMS_NOT_MANAGED,
    At(()),
    "The connection does not say what it syncs: a new one gets every stream, and whatever is "
    "changed in Airbyte later stays.",
    "List its streams, or write `streams: all`.",
)


_MISSING = {"source": rules.MISSING_SOURCE, "destination": rules.MISSING_DESTINATION}


def _undecided(field: str, declaration: Declaration) -> Problem:
    known = ", ".join(sorted(declaration.declared[field])) or "none"
    return Problem(
        _MISSING[field],
        At(()),
        f'Connection "{declaration.key.name}" does not say which {field} it uses; '
        f"the tenant declares {known}.",
        f"Add `{field}: KEY`.",
    )


def _from_api(body: Mapping[str, Json], ref_of: RefOf) -> Spec:
    spec: dict[str, Json] = {f: body[f] for f in PLAIN_FIELDS if body.get(f) is not None}
    spec["name"] = required(body, "name", str)
    for field in ("source", "destination"):
        spec[field] = ref_of(field, required(body, f"{field}Id", str))
    spec["schedule"] = normal_schedule(required(body, "schedule", dict))
    spec["tags"] = dict(_read_tag(tag, ref_of) for tag in body.get("tags") or ())
    configurations = body.get("configurations") or {}
    spec["streams"] = streams.from_api(configurations.get("streams") or [])
    return spec


def _read_tag(tag: Mapping[str, Json], ref_of: RefOf) -> tuple[str, Ref]:
    ref = ref_of("tag", required(tag, "tagId", str))
    return (required(tag, "name", str) if ref.name.startswith("@") else ref.name), ref


def _sent_tags(spec: Spec, workspace_id: str, context: Context) -> Sequence[Json]:
    """Whole tags, as the API wants them, although it looks at nothing but their ids."""
    return [
        {
            "tagId": context.id_of(ref),
            "name": name,
            "color": default_colour(name),
            "workspaceId": workspace_id,
        }
        for name, ref in sorted(spec["tags"].items())
    ]


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    source_id, destination_id = context.id_of(spec["source"]), context.id_of(spec["destination"])
    body = {field: value for field, value in spec.items() if field in (*PLAIN_FIELDS, "schedule")}
    # The API's own default keeps only streams that the connector suggests, which are often none.
    wanted = spec.get("streams", ALL)
    is_looked_at = wanted is ALL or stream_fit.may_be_taken_otherwise(wanted)
    discovered = context.streams(source_id, destination_id) if is_looked_at else ()
    if wanted is not ALL and is_looked_at:
        stream_fit.require_fit(wanted, discovered)
    sent = stream_writes.to_api(wanted, live=(), discovered=discovered, resolve=context.secret)
    if "tags" in spec:
        body["tags"] = _sent_tags(spec, context.id_of(WORKSPACE), context)
    return {
        **body,
        "sourceId": source_id,
        "destinationId": destination_id,
        "configurations": {"streams": sent},
    }


def _await_create(spec: Spec, context: Context) -> Sequence[Json]:
    """A create discovers the source first; whoever asks for its streams waits for the same job."""
    return context.streams(context.id_of(spec["source"]), context.id_of(spec["destination"]))


def _update(
    spec: Spec, body: Mapping[str, Json], changes: Changes, context: Context
) -> Sequence[Request]:
    """The plain fields first, the streams by themselves, another source mode last.

    The server wipes the state of a stream whose source mode changes before it has checked the rest
    of the same PATCH, so whatever else may be refused must have been taken already.
    """
    changed = changed_fields(changes)
    plain = {field: spec[field] for field in changed if field not in ("streams", "tags")}
    if "tags" in changed:
        plain["tags"] = _sent_tags(spec, body["workspaceId"], context)
    requests = [Request("PATCH", plain)] if plain else []
    if "streams" in changed:
        requests += _stream_updates(spec, body, changes, context)
    return requests


def _stream_updates(
    spec: Spec, body: Mapping[str, Json], changes: Changes, context: Context
) -> list[Request]:
    live = (body.get("configurations") or {}).get("streams") or []
    # What a PATCH of streams discovers anyway, and makes them of.
    discovered = context.streams(body["sourceId"], body["destinationId"])
    if spec["streams"] is not ALL:
        stream_fit.require_fit(spec["streams"], discovered)
    sent = stream_writes.to_api(
        spec["streams"],
        live=live,
        discovered=discovered,
        resolve=context.secret,
        rotated={change.path[1:4] for change in changes if change.before is UNREADABLE},
    )
    steps = (stream_writes.tried_first(sent, live, discovered), sent)
    return [Request("PATCH", {"configurations": {"streams": step}}) for step in steps if step]


# What the API itself puts where a create leaves the field out. It cannot clear a namespaceFormat or
# take all streams away, so those stay.
_DEFAULTS: Mapping[str, Json] = {
    "namespaceDefinition": "destination",
    "nonBreakingSchemaUpdatesBehavior": "ignore",
    "prefix": "",
    "schedule": {"scheduleType": "manual"},
    "status": "active",
    "tags": Exhaustive(),
}


def _becomes(path: Path) -> Becomes | None:
    if path[0] == "streams":
        return stream_changes.becomes(path[1:])
    field = str(path[0])
    return Becomes(_DEFAULTS[field]) if len(path) == 1 and field in _DEFAULTS else None


def _against(desired: Spec, live: Spec) -> Spec:
    """With its streams named as the live ones are, and with what Airbyte itself may add to them."""
    if not isinstance(desired.get("streams"), Mapping):
        return desired
    settled = stream_changes.against(
        desired["streams"], live["streams"], _propagation(desired, live)
    )
    return desired if settled is desired["streams"] else {**desired, "streams": settled}


def _align_keys(spec: Spec, other: Spec) -> Spec:
    """*spec* with its streams under the keys that the same ones have in the *other*."""
    ours, theirs = spec.get("streams"), other.get("streams")
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        return spec
    aligned = streams.rekey(ours, theirs.keys())
    return spec if aligned is ours else {**spec, "streams": aligned}


def _own_keys(spec: Spec) -> Spec:
    """*spec* with its streams under the keys that they have without any other list of them."""
    listed = spec.get("streams")
    return {**spec, "streams": streams.own_keys(listed)} if isinstance(listed, Mapping) else spec


def _propagation(desired: Spec, live: Spec) -> str:
    """What Airbyte does when the source's schema grows, as it was when that last happened."""
    field = "nonBreakingSchemaUpdatesBehavior"
    return str(live.get(field) or desired.get(field) or "")


_LOCKED = Problem(
    rules.LOCKED_BY_AIRBYTE,
    detail="Airbyte has locked it and accepts no change of it.",
    hint="Have it unlocked; until then leave it as it is.",
)


def _held_back(key: ResourceKey, change: FieldChange) -> Problem | None:
    """Airbyte pauses connections itself, after failures and changed schemas, and locks some."""
    if change.path != ("status",):
        return None
    if change.before == "locked":
        return _LOCKED
    if change.after != "active" or change.mark is not Mark.CHANGED_OUTSIDE:
        return None
    return Problem(
        rules.LEFT_PAUSED,
        detail=f"The manifest wants it {change.after}; it was active when it was applied last, and "
        "has been paused in Airbyte since, by somebody or by Airbyte after failures or a breaking "
        "schema change.",
        hint=f"Look into it, then resume it with --resume '{key}', or write `status: inactive`.",
    )


def _notes(desired: Spec, live: Spec) -> Iterator[Problem]:
    if live.get("status") == "locked":
        yield _LOCKED
    if isinstance(desired.get("streams"), Mapping):
        behaviour = _propagation(desired, live)
        yield from stream_changes.notes(desired["streams"], live["streams"], behaviour)


def _explain(body: Mapping[str, Json], desired: Spec) -> Iterator[Equality]:
    if "schedule" in desired:
        yield from explain_schedule(body.get("schedule") or {}, desired["schedule"])
    if isinstance(desired.get("streams"), Mapping):
        live = (body.get("configurations") or {}).get("streams") or []
        yield from stream_changes.explain(live, desired["streams"])


def _locked(body: Mapping[str, Json]) -> str:
    return "Airbyte has locked it" if body.get("status") == "locked" else ""


def _effects(before: Spec | None, after: Spec | None, changes: Changes) -> list[Consequence]:
    if after is None:
        return [Consequence(Effect.SYNC_ENDS)]
    if before is None:
        is_paused = after.get("status") == "inactive"
        paused = [Consequence(Effect.PAUSED)] if is_paused else []
        return [Consequence(Effect.FIRST_LOAD), *paused]
    fields = [field for field in changed_fields(changes) if field != "streams"]
    effects = dict.fromkeys(_field_effect(field, before, after) for field in fields)
    found = [Consequence(effect) for effect in effects]
    inner = [change for change in changes if change.path[0] == "streams"]
    return found + stream_changes.effects(before["streams"], after.get("streams"), inner)


def _field_effect(field: str, before: Spec, after: Spec) -> Effect:
    """The effect of another value of one field that is not the streams."""
    if field == "status":
        return Effect.RESUMED if after["status"] == "active" else Effect.PAUSED
    definition = after.get("namespaceDefinition", before.get("namespaceDefinition"))
    if field == "namespaceFormat" and definition != "custom_format":
        return Effect.KEEPS_STATE
    return {
        "schedule": Effect.SCHEDULE_ONLY,
        "nonBreakingSchemaUpdatesBehavior": Effect.SCHEMA_BEHAVIOUR,
        "prefix": Effect.NEW_TABLES,
        "namespaceDefinition": Effect.NEW_TABLES,
        "namespaceFormat": Effect.NEW_TABLES,
    }.get(field, Effect.KEEPS_STATE)


def _next_run(spec: Spec, after: datetime) -> datetime | None:
    return next_run(spec["schedule"], after) if spec.get("status") == "active" else None


KIND = Kind(
    name="connection",
    collection="/connections",
    id_field="connectionId",
    section="connections",
    blocks=Blocks(implied=lambda fields: {"tag": fields.get("tags") or ()}),
    declare=_declare,
    from_api=_from_api,
    exporting=Exporting(blocks.to_manifest, named_after="source"),
    create_body=_create_body,
    update=_update,
    await_create=_await_create,
    references={
        "source": Reference("source", "sourceId", unknown=rules.UNKNOWN_SOURCE),
        "destination": Reference("destination", "destinationId", unknown=rules.UNKNOWN_DESTINATION),
        "tags": Reference("tag", api_field="tags", on_delete="detaches"),
    },
    highlights=("source", "destination", "streams", "schedule", "status"),
    effects=_effects,
    comparing=Comparing(
        becomes=_becomes,
        align_keys=_align_keys,
        own_keys=_own_keys,
        against=_against,
        explain=_explain,
    ),
    caveats=Caveats(held_back=_held_back, notes=_notes, locked=_locked),
    replacing=Replacing(
        immutable=frozenset({"source", "destination"}),
        loses="Its sync state is lost, so every stream loads again from the start.",
        effect=Effect.STATE_LOST,
    ),
    jobs=Jobs(_next_run),
)
