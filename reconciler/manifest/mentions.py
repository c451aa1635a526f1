"""Which files can be about a tenant at all: told from their bytes, so that few need parsing.

A scalar of YAML has its words as they are in the file: quotes, folds and escapes change only
what is between them, but for escapes that spell letters, which are rare and make a file suspicious.
An expression may put a text together that is in no file. A file that is suspicious for nothing is
parsed in vain; one that is passed over can have nothing of what is looked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.manifest.discover import TenantFiles
from reconciler.manifest.expressions import OPENING
from reconciler.manifest.tables import Record
from reconciler.manifest.template import Template, Templates
from reconciler.model import Json

_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")
_BETWEEN = rb"[^A-Za-z0-9]+"
_SPELT = re.compile(rb"\\[xuU\r\n]")
_FOREIGN = re.compile(rb"\$\{\{(?!\s*secrets)")
# A line on which an expression does not matter: it is led by another key than a workspace's names
# and an adopted id.
_HARMLESS = re.compile(rb"[ \t]*(?:- )?[A-Za-z_][\w.-]*:[ \t]")
_NAMES = re.compile(rb"name|renamedFrom|workspace|adopt|\bid\b")
# A name whose value goes on in another line, or stands elsewhere.
_ELSEWHERE = re.compile(
    rb"(?m)(?:name|renamedFrom|\bid)[\"']?[ \t]*:[ \t]*(?:[|>*&]|[\"'][^\"'\n]*$)"
)
_ONE_PARAM = re.compile(
    r"(.*?)\$\{\{\s*(?:params\.([A-Za-z_][\w.-]*)|tenant)\s*\}\}(.*)", re.DOTALL
)
_PLAIN_WORDS = ("true", "false", "null")
_ID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}")


@dataclass(frozen=True, slots=True)
class Mention:
    """The ways in which one text can be written; `anchor` is what all of them have."""

    anchor: bytes
    pattern: re.Pattern[bytes]

    def is_in(self, content: bytes) -> bool:
        return self.anchor in content and self.pattern.search(content) is not None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: mentions of tenants' keys, workspaces' names, and adopted ids."""

    mentions: tuple[Mention, ...]

    def concerns(self, files: TenantFiles) -> bool:
        """Whether one of the files can have any of it, or is the file of a tenant set."""
        contents = [_content(file) for file in files.files]
        if None in contents:
            return True
        content = b"\n".join([files.guessed_name.encode(), *filter(None, contents)])
        return b"tenants" in content or self.may_be_in(content)

    def may_be_in(self, content: bytes) -> bool:
        """Whether a YAML text can have any of it, as it is or put together."""
        if any(mention.is_in(content) for mention in self.mentions):
            return True
        return (b"\\" in content and _SPELT.search(content) is not None) or _composes(content)

    def concerns_row(self, record: Record) -> bool:
        """Whether a row can have any of it; its cells are read already."""
        if not isinstance(record.values.get("tenant"), str):
            return True
        text = "\n".join(_texts(list(record.values.values()))).encode(errors="surrogatepass")
        return any(mention.is_in(text) for mention in self.mentions)


def search_for(texts: Collection[str], templates: Templates) -> Search | None:
    """The search for tenants that one of *texts* is a key, name or id of; None: for everything."""
    wanted = set(texts)
    for text in texts:
        for template in templates.by_name.values():
            wanted |= set(_making(text, template))
    mentions = [_mention(text) for text in sorted(wanted)]
    known = tuple(mention for mention in mentions if mention is not None)
    return Search(known) if len(known) == len(mentions) else None


def _mention(text: str) -> Mention | None:
    words = [word.encode() for word in _WORD.findall(text)]
    if not (words and text.isprintable()):
        return None
    first, *others = map(re.escape, words)
    # The look behind comes after the word, so that the regular expression begins with a literal.
    whole = _BETWEEN.join([first + rb"(?<![A-Za-z0-9]" + first + rb")", *others])
    return Mention(max(words, key=len), re.compile(whole + rb"(?![A-Za-z0-9])"))


def _making(text: str, template: Template) -> Iterator[str]:
    """What a file that uses *template* would have to mention to call something of it *text*."""
    workspace = template.sections.get("workspace")
    fields = workspace if isinstance(workspace, dict) else {}
    named = (fields.get("name"), fields.get("renamedFrom"), *adopted_ids(template.sections))
    for written in filter(None, named):
        if not isinstance(written, str):
            continue
        if OPENING not in written:
            if written == text:
                yield template.name
            continue
        found = _ONE_PARAM.fullmatch(written)
        before, param, after = found.groups() if found else ("", "", "")
        if not found or OPENING in after or param in template.params.defaults:
            yield template.name
        elif text.startswith(before) and text.endswith(after):
            part = text[len(before) : len(text) - len(after)]
            # Numbers and the like need not be written as they are shown.
            is_text = part[:1].isalpha() and part not in _PLAIN_WORDS
            yield part if is_text or _ID.fullmatch(part) else template.name


def adopted_ids(sections: Mapping[str, Json]) -> Iterator[str]:
    """The ids that the blocks of *sections* adopt, as they are written."""
    for section in sections.values():
        blocks = (section, *section.values()) if isinstance(section, dict) else ()
        for block in blocks:
            adopt = block.get("adopt") if isinstance(block, dict) else None
            id_ = adopt.get("id") if isinstance(adopt, dict) else None
            if isinstance(id_, str):
                yield id_


def _composes(content: bytes) -> bool:
    """Whether expressions can make up the name of a workspace."""
    if b"${{" not in content or not (found := list(_FOREIGN.finditer(content))):
        return False
    if b"template" in content or _ELSEWHERE.search(content):
        return True
    return any(_matters(_line(content, each.start())) for each in found)


def _matters(line: bytes) -> bool:
    return not _HARMLESS.match(line) or _NAMES.search(line) is not None


def _line(content: bytes, at: int) -> bytes:
    end = content.find(b"\n", at)
    return content[content.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(content)]


def _content(file: FilePath) -> bytes | None:
    """What is in a plain file; None for anything else, which its reader will tell of."""
    try:
        # A link may lead anywhere, and a pipe has no end.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as opened:
            return opened.readall()
    except OSError:
        return None


def _texts(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | dict):
            yield from _texts(value if isinstance(value, list) else value.values())
