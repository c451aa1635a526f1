"""Where `${{ secrets.NAME }}` come from: environment variables, a file, or a program.

Values exist only in the answers given here: no message, exception or repr of this module has one.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO

from dotenv.parser import Binding, parse_stream

from reconciler.manifest.discover import shown
from reconciler.manifest.reader import read_file
from reconciler.model import Json, Origin, SecretName, is_mask
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import Problem
from reconciler.project.project import SecretsSource

_ENCRYPTED = "ENC["  # what sops leaves in the place of a value


class NotProvided(Exception):
    """The provider has no such secret; the text says why, and holds no value."""


class ProviderFailed(NotProvided):
    """Nobody knows whether there is such a secret, since the provider gave no answer of use.

    `told` is what to say of it, where it has places of its own.
    """

    def __init__(self, reason: str, told: Sequence[Problem] = ()) -> None:
        super().__init__(reason)
        self.told = tuple(told)


_MASKED = NotProvided("Its value is the asterisks that Airbyte shows in the place of a secret.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one run. `advice` says where a missing one should be put."""

    fetch: Callable[[str], str]
    advice: str
    origin: Origin
    _known: dict[str, str | NotProvided]

    def __repr__(self) -> str:
        return "Secrets(…)"

    def __call__(self, secret: SecretName) -> str | None:
        """The value of *secret*, else its default; None when there is neither.

        An empty value counts as missing: an empty password sent by accident is worse than a stop.
        A default is for what is not there, and neither for what could not be asked for nor for a
        mask of Airbyte's.
        """
        found = self._look_up(secret.name)
        if isinstance(found, ProviderFailed) or found is _MASKED:
            return None
        return secret.default if isinstance(found, NotProvided) else found

    def why_missing(self, name: str) -> str:
        """Why there is no secret *name*, as a sentence; empty where there is no more to say."""
        found = self._look_up(name)
        if isinstance(found, ProviderFailed):
            return "The provider of secrets failed."
        return str(found) if isinstance(found, NotProvided) else ""

    def failures(self, names: Collection[str]) -> list[Problem]:
        """How the provider failed for *names*: each way once, however many it was for."""
        told: list[Problem] = []
        by_reason: dict[str, list[str]] = {}
        for name in sorted(names):
            found = self._look_up(name)
            if isinstance(found, ProviderFailed):
                told += found.told
                if not found.told:
                    by_reason.setdefault(str(found), []).append(name)
        for reason, asked in by_reason.items():
            detail = f"{reason} It was asked for {_listed(asked)}."
            told.append(Problem(rules.SECRETS_PROVIDER_FAILED, self.origin, detail, self.advice))
        return list(dict.fromkeys(told))

    def _look_up(self, name: str) -> str | NotProvided:
        if name not in self._known:
            try:
                value = self.fetch(name)
                missing = NotProvided("It is empty.") if not value else _MASKED
                self._known[name] = value if value and not is_mask(value) else missing
            except NotProvided as problem:
                self._known[name] = problem
            except ManifestError as problem:
                self._known[name] = ProviderFailed(str(problem), problem.problems)
        return self._known[name]


def secrets_of(source: SecretsSource, environ: Mapping[str, str]) -> Secrets:
    """The secrets that *source* describes. Nothing is asked for yet."""
    match source.provider:
        case "file":
            fetch = _from_file(source)
            advice = f"Put them into {shown(source.path)}."
        case "command":
            fetch = _from_command(source)
            advice = f"They come from: {shlex.join(source.argv)}"
        case _:
            fetch = _from_environment(source.prefix, environ)
            advice = "Set the environment variables of these names."
    return Secrets(fetch, advice, source.origin, {})


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def variable_of(name: str, prefix: str = "") -> str:
    """The environment variable for a secret's name.

    The name itself; one with other signs than a variable may have is put in capitals, with `_` for
    those signs.
    """
    plain = name if re.fullmatch(r"\w+", name) else re.sub(r"\W", "_", name).upper()
    return prefix + plain


def _from_environment(prefix: str, environ: Mapping[str, str]) -> Callable[[str], str]:
    def fetch(name: str) -> str:
        variable = variable_of(name, prefix)
        if variable not in environ:
            raise NotProvided("" if variable == name else f"{variable} is not set.")
        return environ[variable]

    return fetch


def _from_file(source: SecretsSource) -> Callable[[str], str]:
    values = cache(lambda: _read(source))  # read when the first secret is needed, if ever

    def fetch(name: str) -> str:
        found = _nested(values(), name)
        if isinstance(found, str):
            if found.startswith(_ENCRYPTED):
                raise NotProvided("It is still encrypted: let sops write a decrypted file.")
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        raise NotProvided("" if found is None else "It is not a text: put it in quotes.")

    return fetch


def _nested(values: Json, name: str) -> Json:
    """The value of *name*, in which a dot may stand for a step into a mapping."""
    if not isinstance(values, dict):
        return None
    if name in values:
        return values[name]
    for dot in re.finditer(r"\.", name):
        found = _nested(values.get(name[: dot.start()]), name[dot.end() :])
        if found is not None:
            return found
    return None


def _read(source: SecretsSource) -> Mapping[str, Json]:
    if source.path.suffix not in (".yaml", ".yml", ".json"):
        return _dotenv(source)
    if not source.path.exists():
        raise _unreadable(source, "There is no such file.")
    # JSON is YAML: one reader will do.
    document = read_file(source.path, shown(source.path))
    if not isinstance(document.value, dict):
        raise _unreadable(source, "It must be a mapping of names to values.")
    return document.value


def _dotenv(source: SecretsSource) -> Mapping[str, Json]:
    """The entries of a dotenv file. Raises ManifestError, with every line that is none."""
    try:
        text = source.path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise _unreadable(source, f"{problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise _unreadable(source, "It is not a text file.") from problem
    values: dict[str, Json] = {}
    lines: dict[str, int] = {}
    mistakes = []
    for entry in parse_stream(StringIO(text)):
        line = _line_of(entry)
        if flaw := _flaw(entry, lines):
            place = Origin(shown(source.path), line, 1)
            mistakes.append(Problem(rules.UNREADABLE_SECRETS_FILE, place, flaw, _DOTENV))
        elif entry.key is not None:
            values[entry.key], lines[entry.key] = entry.value, line
    if mistakes:
        raise ManifestError(mistakes)
    return values


_DOTENV = "Write NAME=value, one a line; put a value with blanks, quotes or line breaks in quotes."
_BEHIND_QUOTES = re.compile(r"""[^=]*=\s*(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')#""", re.DOTALL)


def _line_of(entry: Binding) -> int:
    """The line on which *entry* begins, behind the empty lines that the parser counts to it."""
    text = entry.original.string
    before = text[: len(text) - len(text.lstrip())]
    return entry.original.line + before.count("\n")


def _flaw(entry: Binding, lines: Mapping[str, int]) -> str:
    """What is wrong with *entry*, without its value; empty for nothing.

    Where a shell and docker take different things for the value, it is nothing to guess at.
    """
    if entry.error:
        return "The line cannot be read: a quote is not closed, or something stands behind it."
    if entry.key is None:
        return ""
    if entry.value is None:
        return "The line is not NAME=value."
    if entry.key in lines:
        return f"{entry.key} is there a second time; the first is on line {lines[entry.key]}."
    text = entry.original.string
    if _BEHIND_QUOTES.match(text):
        return "A `#` stands right behind the closing quote: a comment begins behind a blank."
    is_quoted = text.partition("=")[2].lstrip()[:1] in ("'", '"')
    if not is_quoted and re.search(r"\s", entry.value):
        return "The value has blanks and is not in quotes."
    return ""


def _unreadable(source: SecretsSource, why: str) -> ManifestError:
    detail = f"{shown(source.path)} cannot be used. {why}"
    return ManifestError([Problem(rules.UNREADABLE_SECRETS_FILE, source.origin, detail=detail)])


def _from_command(source: SecretsSource) -> Callable[[str], str]:
    def fetch(name: str) -> str:
        argv = [word.replace("{name}", name) for word in source.argv]
        try:
            # stderr is not kept: such programs put values into their own messages.
            done = subprocess.run(
                argv,
                cwd=source.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=source.timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ProviderFailed(f"The command took more than {source.timeout_s:g} s.") from None
        except OSError as problem:
            raise ProviderFailed(f"{argv[0]} cannot be run: {problem.strerror}.") from None
        if done.returncode:
            raise ProviderFailed(f"The command ended with exit code {done.returncode}.")
        return _printed(done.stdout)

    return fetch


def _printed(output: bytes) -> str:
    """What a command printed, without the line break at its end."""
    try:
        return output.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ProviderFailed("The command printed something that is no text.") from None
