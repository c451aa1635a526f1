"""What an operation does to the data and to the sync state: one table of effects.

docs/consequences.md explains each with its reason in the API's behaviour; a test holds the two
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Weight(IntEnum):
    """How much a reader should mind: nothing, something else arrives, something is lost."""

    HARMLESS = 0
    NOTABLE = 1
    LOSS = 2


class Effect(Enum):
    """One thing that can happen to data: a fixed slug, a few words, a sentence, its weight."""

    NO_EFFECT = ("no-effect", "no effect on data", "Nothing that syncs is touched.", 0)
    KEEPS_STATE = (
        "keeps-state",
        "keeps state",
        "The sync state stays; the next sync goes on where the last one ended.",
        0,
    )
    SCHEDULE_ONLY = (
        "schedule-only",
        "schedule only",
        "Only when it syncs changes; the sync state stays.",
        0,
    )
    FIRST_LOAD = (
        "first-load",
        "first load",
        "The next sync reads it from the beginning.",
        1,
    )
    STATE_WIPED = (
        "state-wiped",
        "stream state wiped",
        "Airbyte deletes the stream's state at once, so the next sync reads it from the beginning; "
        "append modes write everything a second time.",
        2,
    )
    CURSOR_CHANGED = (
        "cursor-changed",
        "cursor changed",
        "Airbyte keeps the stream's state; most sources notice the other cursor and read from the "
        "beginning, some skip what the new cursor puts before the old position.",
        1,
    )
    KEY_CHANGED = (
        "key-changed",
        "key changed",
        "The state stays; rows are matched by the new key from the next sync on, and rows already "
        "written are not matched again.",
        1,
    )
    WRITE_MODE_CHANGED = (
        "write-mode-changed",
        "written another way",
        "The state stays; the destination writes the stream in the new way from the next sync on "
        "and may rebuild its table.",
        1,
    )
    STREAM_STOPS = (
        "stream-stops",
        "stream stops arriving",
        "The stream is synced no longer; its table and its state stay, so that adding it again "
        "goes on from there.",
        1,
    )
    FIELDS_STOP = (
        "fields-stop",
        "fields stop arriving",
        "The fields are filled no longer; what was written stays.",
        1,
    )
    FIELDS_START = (
        "fields-start",
        "fields start arriving",
        "The fields are filled from the next sync on; rows already written stay without them.",
        1,
    )
    MAPPED_ANEW = (
        "mapped-anew",
        "mapped anew",
        "Records are transformed in the new way from the next sync on; history is not rewritten.",
        1,
    )
    OPTIONS_CHANGED = (
        "options-changed",
        "stream options changed",
        "The state stays; the option holds from the next sync on.",
        1,
    )
    NEW_TABLES = (
        "new-tables",
        "new tables, old stay",
        "From the next sync on other tables are written; the old ones stay, and incremental "
        "streams do not load their history into the new ones.",
        1,
    )
    PAUSED = ("paused", "paused", "It syncs no longer until it is active again; state stays.", 1)
    RESUMED = ("resumed", "resumed", "It syncs again and goes on where it ended.", 1)
    SCHEMA_BEHAVIOUR = (
        "schema-behaviour",
        "schema handling only",
        "Only what Airbyte does when the source's schema grows changes; the sync state stays.",
        0,
    )
    CREDENTIALS_SENT = (
        "credentials-sent",
        "credentials sent anew",
        "A stored secret is written again. The state stays; the next change of streams has to "
        "discover the source's schema again, which may take minutes.",
        0,
    )
    SETTINGS_CHANGED = (
        "settings-changed",
        "settings changed",
        "The sync state stays and the next sync goes on with the new settings; what was synced "
        "with the old ones is not read again.",
        0,
    )
    IDENTITY_CHANGED = (
        "identity-changed",
        "points elsewhere",
        "It reads from or writes to another place, and Airbyte keeps the sync state of the old "
        "one: incremental streams go on from a position that the new place may not know.",
        2,
    )
    STATE_LOST = (
        "state-lost",
        "sync state lost",
        "The sync state goes with the connection, so every stream loads again from the beginning; "
        "append modes write everything a second time.",
        2,
    )
    SYNC_ENDS = (
        "sync-ends",
        "sync ends",
        "Nothing is synced any longer and the sync state is gone; what the destination has stays.",
        2,
    )
    CONFIGURATION_LOST = (
        "configuration-lost",
        "configuration lost",
        "Airbyte erases the configuration with its secrets; it cannot be undone.",
        2,
    )
    OAUTH_SET = (
        "oauth-set",
        "OAuth application set",
        "Sources and destinations of the connector authenticate as this application once they are "
        "written, and nothing else of them changes.",
        1,
    )
    OAUTH_LOST = (
        "oauth-lost",
        "OAuth application lost",
        "Sources and destinations that authenticate as this application cannot do so any longer.",
        2,
    )
    CONNECTOR_CHANGED = (
        "connector-changed",
        "connector changes",
        "Whatever was made of the connector runs its new version from the next sync on.",
        1,
    )
    CONNECTOR_LOST = (
        "connector-lost",
        "connector removed",
        "Nothing can be made of it any longer; what was made of it is deleted by rows of its own.",
        1,
    )
    ACCESS = (
        "access",
        "access changes",
        "Somebody may see and do more in the workspace, or less; nothing that syncs is touched.",
        1,
    )
    TAG_LOST = ("tag-lost", "tag removed everywhere", "Every connection loses the tag.", 1)

    def __init__(self, slug: str, title: str, sentence: str, weight: int) -> None:
        self.slug = slug
        self.title = title
        self.sentence = sentence
        self.weight = Weight(weight)


@dataclass(frozen=True, slots=True)
class Consequence:
    """An effect, on one part of the resource where `subject` names it: streams, mostly.

    `subject` is empty where the effect is on the whole; `detail` adds a few words, such as the
    fields that stop arriving.
    """

    effect: Effect
    subject: str = ""
    detail: str = ""
