"""Problem: everything that is wrong or worth knowing, from every room."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from reconciler.model import Origin, Path, ResourceKey
from reconciler.problems.rules import Rule, Severity


@dataclass(frozen=True, slots=True)
class At:
    """A place inside a value: of what stands at `path`, or of its key.

    `shown`: the path whose place people are shown, where it is another that has to be mended.
    """

    path: Path
    on_key: bool = False
    shown: Path = ()


class OriginOf(Protocol):
    """Tells where in a file the value at a path stands, or its key."""

    def __call__(self, at: Path, *, key: bool) -> Origin: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """The rule that is broken, where, whole sentences about this case, and advice.

    A room that knows a value and not its file says where inside the value; the room that knows the
    file makes that an Origin, once.
    """

    rule: Rule
    where: Origin | At | ResourceKey | None = None
    detail: str = ""
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is: as its rule says, or the project says of that rule."""
        return self.rule.severity

    @property
    def origin(self) -> Origin | None:
        """The place in a file, where it has one."""
        return self.where if isinstance(self.where, Origin) else None

    @property
    def at(self) -> At:
        """The place inside a value, of a problem that has no other yet."""
        assert isinstance(self.where, At), self.where
        return self.where

    @property
    def key(self) -> ResourceKey:
        """The resource that it is about, of a problem that is about one as a whole."""
        assert isinstance(self.where, ResourceKey), self.where
        return self.where

    def inside(self, path: Path) -> Problem:
        """The same, of a value that stands at *path* of another."""
        return replace(self, where=replace(self.at, path=(*path, *self.at.path)))

    def locate(self, origin_of: OriginOf) -> Problem:
        """The same at its place in a file."""
        return replace(self, where=origin_of(self.at.path, key=self.at.on_key))

    def sharpen(self) -> Problem:
        """The same, as an error when its rule is one that `--strict` sharpens."""
        if not self.rule.is_strict:
            return self
        return replace(self, rule=replace(self.rule, severity=Severity.ERROR))


def in_order(problems: Collection[Problem]) -> list[Problem]:
    """The distinct problems by file, line and column; those without a place come first."""

    def rank(problem: Problem) -> tuple[str, int, int, str, str]:
        place = problem.origin or Origin("", 0, 0)
        return place.path, place.line, place.column, problem.rule.title, problem.detail

    return sorted(dict.fromkeys(problems), key=rank)
