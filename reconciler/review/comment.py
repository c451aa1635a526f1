"""One comment on a pull request, kept up to date: posted, changed in place, or taken away.

Its first line is a mark that no reader sees. It says which project and environment the comment is
about, so that several on one request do not meet, and which labels it has set, so that only those
are ever removed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from reconciler.problems.errors import ResponseLost, ServerError
from reconciler.review.forges import Comment, Forge

_MARK = "<!-- reconciler "
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """What a comment is about; there is one comment for each on a request."""

    project: str
    environment: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a topic: nothing at all when `text` is empty."""

    topic: Topic
    text: str
    labels: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The whole comment."""
        mark = {
            "project": self.topic.project,
            "environment": self.topic.environment,
            "labels": sorted(self.labels),
        }
        # A > in a name must not end the mark.
        written = json.dumps(mark).replace(">", r"\u003e")
        return f"{_MARK}{written} -->\n{self.text.rstrip()}\n"


class Published(Enum):
    """What became of the comment."""

    POSTED = "posted"
    UPDATED = "updated"
    LEFT = "left as it is"
    REMOVED = "removed"
    NOTHING = "nothing to say"


def publish(forge: Forge, note: Note) -> Published:
    """Makes the comments and labels of one topic say what *note* does. Raises ApiError.

    What the forge may or may not have done is tried once more: it is looked at first.
    """
    for _ in range(_TRIES - 1):
        try:
            return _publish(forge, note)
        except (ServerError, ResponseLost):
            continue
    return _publish(forge, note)


def _publish(forge: Forge, note: Note) -> Published:
    marked = [(comment, mark) for comment in forge.comments() if (mark := _mark(comment.body))]
    ours = [(c, mark) for c, mark in marked if mark.topic == note.topic and forge.is_own(c)]
    others = {label for c, mark in marked if mark.topic != note.topic for label in mark.labels}
    before = {label for _, mark in ours for label in mark.labels}
    published = _written(forge, [comment for comment, _ in ours], note)
    gone = before - set(note.labels) - others
    if gone or note.labels:
        # All of them, always: a run before may have been allowed to comment and not to label.
        forge.label(sorted(note.labels), sorted(gone))
    return published


def _written(forge: Forge, ours: Sequence[Comment], note: Note) -> Published:
    keep = ours[:1] if note.text else ()
    for comment in ours[len(keep) :]:
        forge.delete(comment)
    if not note.text:
        return Published.REMOVED if ours else Published.NOTHING
    if not keep:
        forge.create(note.body)
        return Published.POSTED
    if _same(keep[0].body, note.body):
        return Published.LEFT
    forge.update(keep[0], note.body)
    return Published.UPDATED


def _same(one: str, other: str) -> bool:
    """Whether two comments are alike; forges change line ends and the last ones."""
    return one.split() == other.split()


@dataclass(frozen=True, slots=True)
class _Mark:
    topic: Topic
    labels: Collection[str]


def _mark(body: str) -> _Mark | None:
    """The mark of a comment of ours; None for any other, or what only looks like one."""
    line, _, _ = body.partition("\n")
    if not line.startswith(_MARK):
        return None
    try:
        said = json.loads(line.removeprefix(_MARK).strip().removesuffix("-->"))
        return _Mark(Topic(str(said["project"]), str(said["environment"])), list(said["labels"]))
    except (ValueError, TypeError, KeyError):
        return None
