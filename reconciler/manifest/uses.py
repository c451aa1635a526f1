"""`uses:` picks among the sources of a template; connections go with their source."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reconciler.model import Json, Path
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean

EVERYTHING = "all"


def left_out(
    template: Mapping[str, Json], written: Mapping[str, Json]
) -> tuple[dict[str, Collection[str]], list[Problem]]:
    """The keys of *template* that the tenant leaves out, by section; and what is wrong with `uses`.

    A connection of the template goes when its source does.
    """
    uses = written.get("uses", EVERYTHING)
    if uses == EVERYTHING:
        return {}, []
    if not (isinstance(uses, list) and all(isinstance(name, str) for name in uses)):
        detail = "`uses` is a list of the template's sources, or `all`."
        return {}, [Problem(rules.WRONG_TYPE, At(("uses",)), detail)]
    sources = _mapping(template, "sources")
    problems = [
        _unknown(name, ("uses", index), sources)
        for index, name in enumerate(uses)
        if name not in sources
    ]
    dropped = {key for key in sources if key not in uses}
    connections = {
        key
        for key, block in _mapping(template, "connections").items()
        if _source_of(key, block) in dropped
    }
    return {"sources": dropped, "connections": connections}, problems


def unused(without: Mapping[str, Collection[str]], written: Mapping[str, Json]) -> list[Problem]:
    """What the tenant overrides although it leaves it out."""
    return [
        Problem(
            rules.UNUSED_OVERRIDE,
            At((section, key), on_key=True),
            f"`{section}.{key}` changes a part of the template that `uses` leaves out.",
            "Add its source to `uses`, or remove this.",
        )
        for section, keys in without.items()
        for key in _mapping(written, section)
        if key in keys
    ]


def _source_of(key: str, block: Json) -> Json:
    return block.get("source", key) if isinstance(block, dict) else key


def _unknown(name: str, at: Path, sources: Mapping[str, Json]) -> Problem:
    known = f"It has {', '.join(sorted(sources))}."
    hint = did_you_mean(name, sources) or known
    return Problem(rules.UNKNOWN_SOURCE, At(at), f'The template has no source "{name}".', hint)


def _mapping(value: Mapping[str, Json], section: str) -> Mapping[str, Json]:
    found = value.get(section)
    return found if isinstance(found, dict) else {}
