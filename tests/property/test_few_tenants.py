"""Reading a few tenants by name gives what reading all of them gives, however things are written.

A pattern makes all manifests be read and a name does not, so both choose the same tenant here.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.connectors import bundled
from reconciler.model import WorkspaceClaim
from reconciler.problems.errors import ManifestError, UsageError
from reconciler.project.fleet import Loaded, load
from reconciler.project.project import read_project
from reconciler.project.selection import Selection

KEYS = ["acme", "acme-b", "b", "Acme"]
# Few, so that they clash; what is hard to find in a file's bytes is among them.
NAMES = ["acme", "b", "Acme b's", "the acme Inc", 'Mü "x" b', "tab\tb", "7", "true", "東京 b"]
IDS = ["5b1b2ef3-6a7c-4c7e-9d3a-9a6a1d1f0c11", "a06f1c52-4a3e-4a57-9a0f-6f0d3c1e2b4a"]
ENVIRON = {"ACME": "acme", "INC": "Inc", "ID": IDS[0]}
TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "nameless": {},
    "literal": {"workspace": {"name": "acme"}},
    "whole": {"workspace": {"name": "${{ params.company }}"}},
    "around": {"workspace": {"name": "the ${{ params.company }} Inc"}},
    "several": {"workspace": {"name": "${{ params.company }} ${{ params.other }}"}},
    "former": {"workspace": {"renamedFrom": "${{ params.company }}"}},
    "keyed": {"workspace": {"name": "the ${{ tenant }} Inc"}},
    "default": {"workspace": {"name": "${{ params.given }}"}},
    "adopted": {"workspace": {"adopt": {"id": IDS[0]}}},
    "adopting": {"workspace": {"adopt": {"id": "${{ params.id }}"}}},
}
PARAMS: Mapping[str, Any] = {
    "company": {"type": "string"},
    "other": {"type": "string"},
    "given": {"type": "string", "default": "acme"},
    "id": {"type": "string", "default": IDS[1]},
}
WORKSPACES = st.one_of(
    st.none(),
    st.fixed_dictionaries({"name": st.sampled_from(NAMES)}),
    st.fixed_dictionaries({"name": st.just("b"), "renamedFrom": st.sampled_from(NAMES)}),
    st.sampled_from(
        [
            {"name": "${{ env.ACME }}"},
            {"name": "the ${{ tenant }} ${{ env.INC }}"},
            {"renamedFrom": "${{ env.ACME }}"},
            {"name": "c", "adopt": {"id": "${{ env.ID }}"}},
            {"name": "c", "adopt": {"id": IDS[0].upper()}},
        ]
    ),
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(NAMES),
            "adopt": st.fixed_dictionaries({"id": st.sampled_from(IDS)}),
        }
    ),
)


def plainly(value: Any) -> str:
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False))


def spelt_out(value: Any) -> str:
    """Every text with its letters as escapes."""
    text = str(yaml.safe_dump(value, default_style='"', sort_keys=False)).replace('!!int "1"', "1")
    return text.replace("a", "\\x61") if "${{" not in text else text


def folded(value: Any) -> str:
    return str(yaml.safe_dump(value, width=2, sort_keys=False))


def flowing(value: Any) -> str:
    return json.dumps(value)


STYLES = st.sampled_from([plainly, spelt_out, folded, flowing])


@st.composite
def tenants(draw: st.DrawFn) -> str:
    """The text of one tenant's manifest."""
    value: dict[str, Any] = {"version": 1, "tenant": draw(st.sampled_from(KEYS))}
    if draw(st.booleans()):
        value["template"] = draw(st.sampled_from(list(TEMPLATES)))
        value["params"] = draw(params())
    if workspace := draw(WORKSPACES):
        value["workspace"] = workspace
    if draw(st.integers(0, 5)) == 0:
        value |= {"state": "absent", "reason": "gone"}
    return str(draw(STYLES)(value))


def params() -> st.SearchStrategy[dict[str, str]]:
    named = st.sampled_from([*NAMES, "${{ env.ACME }}"])
    given = {"given": named, "id": st.sampled_from([*IDS, "${{ env.ID }}"])}
    return st.fixed_dictionaries({"company": named, "other": named}, optional=given)


@st.composite
def sets(draw: st.DrawFn) -> tuple[str, str]:
    """The text of a tenant set and of its table."""
    value: dict[str, Any] = {
        "version": 1,
        "tenants": {"template": draw(st.sampled_from(list(TEMPLATES))), "from": "rows.csv"},
    }
    if draw(st.booleans()):
        value["workspace"] = draw(WORKSPACES) or {"name": "${{ params.company }}"}
    rows = draw(st.lists(st.tuples(*(st.sampled_from(each) for each in (KEYS, NAMES, NAMES)))))
    cells = [("tenant", "company", "other"), *rows, ("last", "x", "y")]
    table = "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells)
    return plainly(value), table


def outcome(folder: Path, selection: Selection) -> Loaded | str:
    """The tenants, or all that is wrong."""
    try:
        loaded = load(read_project(folder), selection, ENVIRON, bundled())
        return replace(loaded, declared=frozenset())  # which says how many were read
    except ManifestError as problem:
        return "\n".join(str(each) for each in problem.problems)
    except UsageError:
        return "no such tenant"


@settings(max_examples=60)
@given(
    st.lists(tenants(), min_size=2, max_size=5),
    st.one_of(st.none(), sets()),
    st.lists(
        st.sampled_from(["acme", "one", "b", "two", "z"]), min_size=5, max_size=5, unique=True
    ),
)
@example(
    # The name of the workspace goes on below a key that looks like another one's.
    [
        "version: 1\ntenant: acme\nworkspace: {name: the b Inc}\n",
        'version: 1\ntenant: b\nworkspace:\n  name: "the\n    ${{ tenant }}\n    Inc"\n',
    ],
    None,
    ["z", "two", "acme", "b", "one"],
)
@example(
    [
        "version: 1\ntenant: acme\nworkspace: {name: the b Inc}\n",
        "version: 1\ntenant: b\nlabels: {x: &x 'the b Inc'}\nworkspace:\n  name: *x\n",
    ],
    None,
    ["z", "two", "acme", "b", "one"],
)
def test_a_tenant_by_name_is_read_as_if_all_were_read(
    texts: list[str], table: tuple[str, str] | None, files: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, texts, table, files)
        for key in [*KEYS, "last"]:
            among_few = outcome(folder, Selection(named=(key,)))
            among_all = outcome(folder, Selection(patterns=(key,)))
            assert among_few == among_all, key
            for text in (*NAMES, *IDS):
                assert claiming(among_few, text) == claiming(among_all, text), (key, text)


def claiming(loaded: Loaded | str, text: str) -> set[WorkspaceClaim]:
    """The claims to the workspace of that name or id."""
    if isinstance(loaded, str):
        return set()
    claims = loaded.claims({text, text.upper()})
    return {claim for claim in claims if text == claim.id or text in claim.names}


def write(folder: Path, texts: list[str], table: tuple[str, str] | None, files: list[str]) -> None:
    """A project of those manifests, each in the file of that name."""
    (folder / "tenants").mkdir()
    (folder / "templates").mkdir()
    (folder / "reconciler.yaml").write_text("version: 1\n")
    for name, sections in TEMPLATES.items():
        template = {"version": 1, "template": name, "params": {"properties": PARAMS}, **sections}
        (folder / "templates" / f"{name}.yaml").write_text(plainly(template))
    for text, file in itertools.zip_longest(texts, files[: len(texts)]):
        (folder / "tenants" / f"{file}.yaml").write_text(text)
    if table:
        (folder / "tenants" / "set.yaml").write_text(table[0])
        (folder / "tenants" / "rows.csv").write_text(table[1])
