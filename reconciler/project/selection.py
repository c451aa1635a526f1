"""Which tenants a command is about: by name, file, pattern or label, and by shard."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath

from reconciler.manifest.discover import TenantFiles
from reconciler.problems.errors import UsageError
from reconciler.problems.wording import did_you_mean


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tenant as a selector sees it; one whose file cannot be read has a guessed name."""

    name: str
    labels: Mapping[str, str]
    files: TenantFiles


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` parts of a fleet, from 1, for runs that share the work."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, tenant: str) -> bool:
        """Whether it is this shard's: by the name alone, so that no other tenant matters."""
        digest = hashlib.sha256(tenant.encode()).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index - 1


@dataclass(frozen=True, slots=True)
class Selection:
    """`named` are tenant names or paths, `patterns` globs: any may fit. All of `labels` must.

    `exactly` are the tenants of a plan file, in place of all that: one that is no longer declared
    is for the plan to say. `changed_since` is a revision of git that they must differ from. `shard`
    takes its part of what all the others select.
    """

    named: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    exactly: frozenset[str] | None = None
    changed_since: str = ""
    shard: Shard | None = None

    @property
    def is_everything(self) -> bool:
        return self == Selection()

    @property
    def names(self) -> frozenset[str] | None:
        """All that can be meant, by key or by path; None where anything else counts."""
        if self.exactly is not None:
            return self.exactly
        return frozenset(self.named) if self.named and not self.patterns else None

    def check(self, candidates: Collection[Candidate]) -> None:
        """Raises UsageError for a name, pattern or label that fits no tenant."""
        if self.exactly is not None:
            return
        names = [candidate.name for candidate in candidates]
        for name in self.named:
            if not any(_is_named(name, candidate) for candidate in candidates):
                raise UsageError(f'there is no tenant "{name}"', did_you_mean(name, names))
        for pattern in self.patterns:
            if not fnmatch.filter(names, pattern):
                raise UsageError(f'no tenant matches "{pattern}"', _some(names))
        if self.labels and not any(self._means(candidate) for candidate in candidates):
            wanted = ", ".join(f"{key}={value}" for key, value in self.labels)
            raise UsageError(f"no selected tenant has the labels {wanted}")

    def fits(self, candidates: Collection[Candidate]) -> bool:
        """Whether every name, pattern and label fits some tenant."""
        try:
            self.check(candidates)
        except UsageError:
            return False
        return True

    def selects(self, candidate: Candidate) -> bool:
        """Whether the command is about this tenant."""
        if self.exactly is not None:
            return candidate.name in self.exactly
        return self.shares(candidate.name) and self._means(candidate)

    def shares(self, tenant: str) -> bool:
        """Whether a tenant of that name would be in the shard, if there is one."""
        return self.shard is None or self.shard.has(tenant)

    def _means(self, candidate: Candidate) -> bool:
        has_labels = all(candidate.labels.get(key) == value for key, value in self.labels)
        if not (self.named or self.patterns):
            return has_labels
        is_meant = any(_is_named(name, candidate) for name in self.named) or any(
            fnmatch.fnmatchcase(candidate.name, pattern) for pattern in self.patterns
        )
        return has_labels and is_meant


def parse_label(text: str) -> tuple[str, str]:
    """The key and value of `key=value`. Raises ValueError for any other text."""
    key, sign, value = text.partition("=")
    if not (key and sign):
        raise ValueError(f"{text!r} is not key=value")
    return key, value


_INDEXES = (("JOB_COMPLETION_INDEX", 0), ("CI_NODE_INDEX", 1))
"""What numbers the pods of a Kubernetes Indexed Job and GitLab's parallel jobs, and from where."""


def parse_shard(text: str, environ: Mapping[str, str]) -> Shard:
    """The shard of `3/16`, or of `auto/16` by the job's own number. Raises ValueError."""
    index, _, count = text.partition("/")
    if not (count.isdecimal() and (index.isdecimal() or index == "auto")):
        raise ValueError(f"{text!r} is no shard such as 3/16 or auto/16")
    number = _index(environ) if index == "auto" else int(index)
    if not 1 <= number <= int(count):
        raise ValueError(f"there is no shard {number} of {count}: they count from 1")
    return Shard(number, int(count))


def _index(environ: Mapping[str, str]) -> int:
    for name, first in _INDEXES:
        if environ.get(name, "").isdecimal():
            return int(environ[name]) - first + 1
    names = " nor ".join(name for name, _ in _INDEXES)
    raise ValueError(f"auto needs the number of the job, and neither {names} is set")


def _is_named(name: str, candidate: Candidate) -> bool:
    if name == candidate.name:
        return True
    meant = _resolved(FilePath(name))
    return any(meant == _resolved(path) for path in candidate.files.all_paths)


@lru_cache(maxsize=65536)
def _resolved(path: FilePath) -> FilePath:
    return path.resolve()


def _some(names: Iterable[str], most: int = 5) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return f"There are {', '.join(listed[:most])}{more}."
