"""reconciler.yaml: where the manifests are, and which Airbyte each environment is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.manifest.discover import shown
from reconciler.manifest.expressions import Variables, expand
from reconciler.manifest.reader import Document, read_file
from reconciler.manifest.schema import check
from reconciler.model import Json, Origin, Path, is_mask
from reconciler.model.credentials import address_flaw, token_flaw, value_flaw
from reconciler.problems import rules
from reconciler.problems.errors import ManifestError
from reconciler.problems.problem import At, Problem
from reconciler.problems.wording import did_you_mean

FILE = "reconciler.yaml"
SANDBOX = "sandbox"
COMMAND_TIMEOUT_S = 30.0

_FLAWS: Mapping[str, Callable[[str], str]] = {
    "url": lambda url: "" if url == SANDBOX else address_flaw(url),
    "clientId": value_flaw,
    "clientSecret": value_flaw,
    "token": token_flaw,
    "username": value_flaw,
    "password": value_flaw,
    "organizationId": value_flaw,
}
_BY_ITSELF = "Store it anew, by itself: as one line, without quotes and without `Bearer`."
_APART = "Write the address alone; `username` and `password`, or a `token`, have their own fields."


@dataclass(frozen=True, slots=True)
class Environment:
    """One Airbyte to reconcile, and how to get in."""

    name: str
    url: str
    origin: Origin
    client_id: str = ""
    client_secret: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    organization_id: str = ""

    def __repr__(self) -> str:
        return f"Environment({self.name!r}, {self.url!r})"

    @property
    def is_sandbox(self) -> bool:
        return self.url == SANDBOX


@dataclass(frozen=True, slots=True)
class SecretsSource:
    """Where `${{ secrets.NAME }}` come from; `folder` is where a command runs."""

    provider: str
    folder: FilePath
    origin: Origin
    prefix: str = ""
    path: FilePath = FilePath()
    argv: tuple[str, ...] = ()
    timeout_s: float = COMMAND_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Project:
    """The project file, checked. Environments stay as written until one is chosen."""

    root: FilePath
    document: Document

    @property
    def manifests(self) -> FilePath:
        return self.root / str(self.document.value.get("manifests", "tenants"))

    @property
    def templates(self) -> FilePath:
        return self.root / str(self.document.value.get("templates", "templates"))

    @property
    def state_folder(self) -> FilePath:
        """Where the tool keeps what it may lose: the sandbox's database and the like."""
        return self.root / ".reconciler"

    @property
    def defaults(self) -> Mapping[str, Json]:
        """Fields for every resource of a section that leaves them out, by section."""
        return dict(self.document.value.get("defaults") or {})

    def section(self, name: str, environ: Mapping[str, str]) -> Mapping[str, Json]:
        """A section for tenants, with its expressions evaluated. Raises ManifestError."""
        problems: list[Problem] = []
        written = self.document.value.get(name) or {}
        section = expand(written, Variables(environ, secrets_allowed=False), problems, (name,))
        if problems:
            raise ManifestError([each.locate(self.document.origin) for each in problems])
        return dict(section)

    @property
    def requests_per_minute(self) -> float | None:
        """The most requests to send in a minute; None for no such limit."""
        limit = (self.document.value.get("limits") or {}).get("requestsPerMinute")
        return None if limit is None else float(limit)

    @property
    def limits(self) -> Mapping[str, Json]:
        """The most that one run may delete, as the file has it."""
        return dict(self.document.value.get("limits") or {})

    @property
    def registry(self) -> str | None:
        """The registry of connectors that the project asks for: a URL, or a file's path."""
        written = (self.document.value.get("connectors") or {}).get("registry")
        if written is None or "://" in written:
            return written
        return str(self.root / written)

    def environment(self, name: str | None, environ: Mapping[str, str]) -> Environment:
        """The environment *name*, or the default one, with its expressions evaluated.

        White space around a value is no part of it: files and variables often end in a line break.
        Raises ManifestError for an unknown name, and for undefined variables and for what no
        request can carry, in that one only.
        """
        declared: Mapping[str, Json] = {
            SANDBOX: {"url": SANDBOX},
            **(self.document.value.get("environments") or {}),
        }
        chosen = name or self.document.value.get("defaultEnvironment", SANDBOX)
        if chosen not in declared:
            raise ManifestError([self._unknown_environment(chosen, name is None, declared)])
        problems: list[Problem] = []
        variables = Variables(environ, secrets_allowed=False)
        at = ("environments", chosen)
        fields = expand(declared[chosen], variables, problems, at)
        problems += [_mask((*at, name)) for name in _CREDENTIALS if is_mask(fields.get(name))]
        if problems:
            raise ManifestError([each.locate(self.document.origin) for each in problems])
        texts = {name: str(fields.get(name, "")).strip() for name in _FLAWS}
        if unusable := list(self._unusable(texts, at)):
            raise ManifestError(unusable)
        return Environment(
            name=chosen,
            url=texts["url"],
            origin=self.document.origin((*at, "url")),
            client_id=texts["clientId"],
            client_secret=texts["clientSecret"],
            token=texts["token"],
            username=texts["username"],
            password=texts["password"],
            organization_id=texts["organizationId"],
        )

    def _unusable(self, texts: Mapping[str, str], at: Path) -> Iterator[Problem]:
        """What is wrong with the fields of an environment, in words that show none of them."""
        for name, text in texts.items():
            if flaw := _FLAWS[name](text):
                place, detail = self.document.origin((*at, name)), f"`{name}` {flaw}."
                if name == "url":
                    yield Problem(rules.UNUSABLE_ADDRESS, place, detail=detail, hint=_APART)
                else:
                    yield Problem(rules.UNUSABLE_CREDENTIALS, place, detail=detail, hint=_BY_ITSELF)

    def secrets(self, environment: str) -> SecretsSource:
        """Where the secrets of the environment of that name come from."""
        declared = (self.document.value.get("environments") or {}).get(environment) or {}
        own = "secrets" in declared
        at: Path = ("environments", environment, "secrets") if own else ("secrets",)
        fields = (declared if own else self.document.value).get("secrets") or {}
        return SecretsSource(
            provider=fields.get("provider", "env"),
            folder=self.root,
            origin=self.document.origin(at),
            prefix=fields.get("prefix", ""),
            path=self.root / fields.get("path", ""),
            argv=tuple(fields.get("argv", ())),
            timeout_s=fields.get("timeoutSeconds", COMMAND_TIMEOUT_S),
        )

    def _unknown_environment(
        self, chosen: str, by_default: bool, declared: Mapping[str, Json]
    ) -> Problem:
        at = ("defaultEnvironment",) if by_default else ("environments",)
        known = ", ".join(sorted(declared))
        return Problem(
            rules.UNKNOWN_ENVIRONMENT,
            self.document.origin(at),
            f'There is no environment "{chosen}"; the project has {known}.',
            did_you_mean(chosen, list(declared)),
        )


_CREDENTIALS = ("clientSecret", "token", "password")


def _mask(at: Path) -> Problem:
    detail = (
        f'"{at[-1]}" is asterisks, which are shown in the place of a secret, and not its value.'
    )
    hint = "Write ${{ env.NAME }}, and set the variable to the value."
    return Problem(rules.MASK_IN_PLACE_OF_A_SECRET, At(at), detail, hint)


def read_project(folder: FilePath) -> Project:
    """The project in *folder*. Raises ManifestError when there is none, or it has mistakes."""
    file = folder / FILE
    if not file.exists():
        raise ManifestError(
            [
                Problem(
                    rules.NO_PROJECT_HERE,
                    Origin(shown(file), 1, 1),
                    f"{FILE} is not in this folder.",
                    "Run in the project's folder, or name it with --project DIR.",
                )
            ]
        )
    document = read_file(file, shown(file))
    problems = check(document.value, "project")
    if problems:
        raise ManifestError([each.locate(document.origin) for each in problems])
    return Project(folder, document)
