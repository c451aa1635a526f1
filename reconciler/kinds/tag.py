"""Tag: a coloured word that connections of a workspace can carry.

Source: Airbyte public API, /tags. Names are unique in a workspace and at most 30 characters;
colours are six hexadecimal digits. The list has no pages; every connection shows its tags whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from reconciler.kinds.contract.exporting import Block, Found
from reconciler.kinds.contract.kind import Blocks, Exporting, Kind, Listing, Replacing
from reconciler.kinds.contract.terms import (
    WORKSPACE,
    Changes,
    Context,
    Declaration,
    Reference,
    RefOf,
    Request,
    required,
)
from reconciler.model import Json, Spec
from reconciler.model.effects import Consequence, Effect
from reconciler.problems.problem import Problem

# Light enough for the dark text that Airbyte puts on them.
_COLOURS = ("FBECB1", "FFD7D7", "D1F1E1", "D8E6FF", "E9DDFC", "FFE3C2", "CFF3F5", "E6E9F0")


def default_colour(name: str) -> str:
    """The colour of a tag that says none: always the same for the same name."""
    digest = hashlib.sha256(name.encode()).digest()
    return _COLOURS[digest[0] % len(_COLOURS)]


def _declare(declaration: Declaration) -> tuple[Spec, list[Problem]]:
    spec = {"workspace": WORKSPACE, "name": declaration.key.name}
    if "color" in declaration.fields:
        spec["color"] = declaration.fields["color"].upper()
    return spec, []


def _from_api(body: Mapping[str, Json], ref_of: RefOf) -> Spec:
    return {
        "workspace": ref_of("workspace", required(body, "workspaceId", str)),
        "name": required(body, "name", str),
        "color": required(body, "color", str).upper(),
    }


def _to_manifest(found: Found) -> Block:
    return Block({"color": found.spec["color"]})


def _create_body(spec: Spec, context: Context) -> Mapping[str, Json]:
    return {
        "workspaceId": context.id_of(spec["workspace"]),
        "name": spec["name"],
        "color": spec.get("color", default_colour(spec["name"])),
    }


def _update(
    spec: Spec, body: Mapping[str, Json], _changes: Changes, _context: Context
) -> Sequence[Request]:
    """Name and colour together: PATCH wants both."""
    return [Request("PATCH", {"name": spec["name"], "color": spec.get("color", body.get("color"))})]


def _effects(_before: Spec | None, after: Spec | None, _changes: Changes) -> list[Consequence]:
    return [Consequence(Effect.NO_EFFECT if after is not None else Effect.TAG_LOST)]


KIND = Kind(
    name="tag",
    collection="/tags",
    id_field="tagId",
    section="tags",
    blocks=Blocks(shorthand="color"),
    listing=Listing(is_paged=False, is_on_demand=True),
    exporting=Exporting(_to_manifest, keys_are_names=True, longest_name=30),
    declare=_declare,
    from_api=_from_api,
    create_body=_create_body,
    update=_update,
    effects=_effects,
    references={"workspace": Reference("workspace", api_field="workspaceId")},
    replacing=Replacing(
        immutable=frozenset({"workspace"}),
        loses="Every connection loses the tag.",
    ),
)
