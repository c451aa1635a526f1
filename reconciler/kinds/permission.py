"""Permission: what a person may do in the workspace.

Source: Airbyte public API, /permissions and /users; the platform's PermissionHandler. Nothing lists
the permissions of a workspace: they are asked for person by person, which takes an administrator of
the organization. Persons cannot be made here. What a person may do in the whole organization counts
in each workspace: Airbyte refuses (500) a permission that it implies, and deletes those there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.kinds.contract.exporting import Block, Found
from reconciler.kinds.contract.kind import Blocks, Exporting, Kind, Listing, Replacing
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Absence,
    Changes,
    Context,
    Declaration,
    Expected,
    Reader,
    Reference,
    RefOf,
    Request,
    required,
)
from reconciler.model import Json, Spec
from reconciler.model.effects import Consequence, Effect
from reconciler.problems import rules
from reconciler.problems.errors import MalformedObject
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean

_ADDRESSES_AT_ONCE = 50  # in one query

# How far a type reaches. The editors of one half are implied by no type that is not an editor's.
_REACH = {
    "reader": 1,
    "runner": 2,
    "source_editor": 3,
    "destination_editor": 3,
    "editor": 4,
    "admin": 5,
}

Body = Mapping[str, Json]


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    address = str(declaration.fields.get("email", declaration.key.name))
    spec = {
        "workspace": WORKSPACE,
        "name": address,
        "permissionType": declaration.fields["permissionType"],
    }
    return spec, [] if "@" in address else [_NO_ADDRESS]


_NO_ADDRESS = Problem(
    rules.MISSING_KEY,
    At(()),
    "A permission whose key is no e-mail address needs the key `email`.",
    "Write `{email: ADDRESS, permissionType: …}`, or take the address for the key.",
)


def _rows(reader: Reader, expected: Mapping[str, Expected]) -> Mapping[str, Sequence[Body]]:
    """The permissions of the persons that are declared; of everybody where that matters."""
    found: dict[str, list[Body]] = {workspace_id: [] for workspace_id in expected}
    callers = {row.get("userId") for row in reader.rows("/permissions", {})}
    for person in _people(reader, expected.values()):
        address, id_ = str(person.get("email")).lower(), str(person.get("id"))
        for row in _permissions(reader, id_):
            place = row.get("scopeId")
            if row.get("scope") != "workspace" or place not in found:
                continue
            # Whoever works with this program does not take its own access away by pruning.
            is_everybodys = expected[place].everything and id_ not in callers
            if address in expected[place].names or is_everybodys:
                found[place].append({**row, "name": address, "workspaceId": place})
    return found


def _people(reader: Reader, expected: Iterable[Expected]) -> Iterator[Body]:
    wanted = list(expected)
    organization = {"organizationId": reader.organization_id}
    if any(each.everything for each in wanted):
        yield from reader.rows("/users", organization)
        return
    names = sorted({name for each in wanted for name in each.names})
    for start in range(0, len(names), _ADDRESSES_AT_ONCE):
        some = ",".join(names[start : start + _ADDRESSES_AT_ONCE])
        yield from reader.rows("/users", {**organization, "emails": some})


def _permissions(reader: Reader, person_id: str) -> Sequence[Body]:
    query = {"userId": person_id, "organizationId": reader.organization_id}
    return reader.rows("/permissions", query)


def _person(reader: Reader, address: str) -> Body | None:
    query = {"organizationId": reader.organization_id, "emails": address}
    return next(iter(reader.rows("/users", query)), None)


def _absent(spec: Spec, reader: Reader) -> Absence | None:
    """Nobody has that address, or what the person may do everywhere is enough."""
    address, type_ = spec["name"], spec["permissionType"]
    person = _person(reader, address)
    if person is None:
        everybody = reader.rows("/users", {"organizationId": reader.organization_id})
        near = did_you_mean(address, [str(each.get("email")) for each in everybody])
        detail = f'No user of the organization has the e-mail address "{address}".'
        hint = near or "Have them invited in Airbyte first: its API cannot do that."
        return Absence(False, Problem(rules.UNKNOWN_PERSON, detail=detail, hint=hint))
    for row in _permissions(reader, str(person.get("id"))):
        held = str(row.get("permissionType"))
        if row.get("scope") == "organization" and _implies(held, type_):
            detail = f'"{address}" is {held}, which implies {type_} in every workspace.'
            hint = "The entry may be removed; it counts once that is taken away."
            return Absence(True, Problem(rules.PERMISSION_IMPLIED, detail=detail, hint=hint))
    return None


def _implies(held: str, wanted: str) -> bool:
    reach = _REACH.get(held.removeprefix("organization_"), 0)
    return reach >= _REACH[wanted.removeprefix("workspace_")]


def _from_api(body: Body, ref_of: RefOf) -> Spec:
    return {
        "workspace": ref_of("workspace", required(body, "workspaceId", str)),
        "name": required(body, "name", str),
        "permissionType": required(body, "permissionType", str),
    }


def _to_manifest(found: Found) -> Block:
    return Block({"permissionType": found.spec["permissionType"]})


def _create_body(spec: Spec, context: Context) -> Body:
    person = _person(context.reader, spec["name"])
    if person is None:
        raise MalformedObject(f'no user of the organization has the address "{spec["name"]}"')
    return {
        "workspaceId": context.id_of(spec["workspace"]),
        "userId": required(person, "id", str),
        "permissionType": spec["permissionType"],
    }


def _update(spec: Spec, _body: Body, _changes: Changes, _context: Context) -> Sequence[Request]:
    """One that the person's role in the organization implies is deleted, and that is as good."""
    return [Request("PATCH", {"permissionType": spec["permissionType"]}, may_end_it=True)]


def _effects(_before: Spec | None, _after: Spec | None, _changes: Changes) -> list[Consequence]:
    return [Consequence(Effect.ACCESS)]


KIND = Kind(
    name="permission",
    collection="/permissions",
    id_field="permissionId",
    section="permissions",
    blocks=Blocks(shorthand="permissionType", name_field="email"),
    listing=Listing(rows=_rows, is_paged=False, is_on_demand=True, absent=_absent),
    exporting=Exporting(_to_manifest, keys_are_names=True, longest_name=254, is_on_request=True),
    declare=_declare,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
    effects=_effects,
    highlights=("permissionType",),
    references={"workspace": Reference("workspace", api_field="workspaceId", on_delete="ends")},
    replacing=Replacing(
        immutable=frozenset({"workspace"}),
        loses="The person cannot enter the workspace in between.",
    ),
)
