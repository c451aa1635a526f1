"""The pull or merge request that a CI job is about, from the variables that its runner sets.

Sources: GitHub Actions, "Default environment variables"; GitLab, "Predefined CI/CD variables".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from reconciler.api.transport import Manners
from reconciler.model.credentials import address_flaw, token_flaw
from reconciler.problems.errors import UsageError
from reconciler.review.forges import Forge, GitHub, GitLab, Target


@dataclass(frozen=True, slots=True)
class Where:
    """What the command line says of the request, in place of the runner; None for "as it says"."""

    forge: str | None = None
    api_url: str | None = None
    repository: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to comment on, and the token to do it with."""

    forge: str  # as it is called: GitHub or GitLab
    place: str  # as people write it
    target: Target
    token: str

    @property
    def max_chars(self) -> int:
        """The longest comment that the forge takes."""
        return _FORGES[self.forge].max_chars

    def connect(self, manners: Manners) -> Forge:
        """The request as something to comment on."""
        return _FORGES[self.forge](self.target, self.token, manners)


_FORGES: Mapping[str, type[GitHub | GitLab]] = {"GitHub": GitHub, "GitLab": GitLab}


def request_of(where: Where, environ: Mapping[str, str]) -> Request:
    """The request that this job is about. Raises UsageError where that cannot be known."""
    forge = where.forge or _forge(environ)
    return _on_github(where, environ) if forge == "github" else _on_gitlab(where, environ)


def project_place(folder: FilePath, environ: Mapping[str, str]) -> str:
    """Where in its repository the project is, as a name that stays: `.` for all of it."""
    here = folder.resolve()
    root = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR") or ""
    if root and here.is_relative_to(FilePath(root).resolve()):
        return here.relative_to(FilePath(root).resolve()).as_posix()
    return folder.as_posix()


def _forge(environ: Mapping[str, str]) -> str:
    if environ.get("GITHUB_ACTIONS"):
        return "github"
    if environ.get("GITLAB_CI"):
        return "gitlab"
    raise UsageError("this is no CI job of GitHub or GitLab", "Say which: --github or --gitlab.")


def _on_github(where: Where, environ: Mapping[str, str]) -> Request:
    number = where.number or _pull_request(environ)
    repository = where.repository or environ.get("GITHUB_REPOSITORY", "")
    token = _sound(token_flaw, environ, "GITHUB_TOKEN", "GH_TOKEN")
    if not number:
        raise UsageError("this job is about no pull request", "Name one: --pull-request NUMBER.")
    if not repository:
        raise UsageError("no repository is known", "Name one: --repository OWNER/NAME.")
    if not token:
        hint = "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`."
        raise UsageError("there is no GITHUB_TOKEN", hint)
    url = _address(where, environ, "GITHUB_API_URL") or "https://api.github.com"
    return Request("GitHub", f"{repository}#{number}", Target(url, repository, number), token)


def _pull_request(environ: Mapping[str, str]) -> int | None:
    """The number of the event that started the workflow; comments on a request have it too."""
    try:
        text = FilePath(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8")
        event = json.loads(text)
    except (OSError, ValueError):
        return None
    about = event.get("pull_request") or event.get("issue") if isinstance(event, dict) else None
    number = about.get("number") if isinstance(about, dict) else None
    return number if isinstance(number, int) else None


def _on_gitlab(where: Where, environ: Mapping[str, str]) -> Request:
    told = environ.get("CI_MERGE_REQUEST_IID", "")
    number = where.number or (int(told) if told.isdecimal() else None)
    repository = (
        where.repository
        or environ.get("CI_MERGE_REQUEST_PROJECT_ID")
        or environ.get("CI_PROJECT_ID", "")
    )
    token = _sound(token_flaw, environ, "GITLAB_TOKEN")
    if not number:
        raise UsageError("this job is about no merge request", "Name one: --pull-request NUMBER.")
    if not repository:
        raise UsageError("no project is known", "Name one: --repository GROUP/NAME.")
    if not token:
        hint = (
            "Make a project access token with the scope `api`, and store it as the masked variable "
            "GITLAB_TOKEN; CI_JOB_TOKEN may not comment."
        )
        raise UsageError("there is no GITLAB_TOKEN", hint)
    url = _address(where, environ, "CI_API_V4_URL") or "https://gitlab.com/api/v4"
    # By its number in the API: some proxies do not pass an escaped slash on.
    name = where.repository or environ.get("CI_MERGE_REQUEST_PROJECT_PATH") or repository
    return Request("GitLab", f"{name}!{number}", Target(url, repository, number), token)


def _address(where: Where, environ: Mapping[str, str], variable: str) -> str:
    """The address of the forge's API that is asked for; empty for its usual one."""
    if where.api_url is None:
        return _sound(address_flaw, environ, variable)
    return _sound(address_flaw, {"--api-url": where.api_url}, "--api-url")


def _sound(flaw_of: Callable[[str], str], given: Mapping[str, str], *names: str) -> str:
    """The first of *names* that has a value, without white space around it; empty without any.

    Raises UsageError, which does not show it, for one that has a flaw.
    """
    for name in names:
        if text := given.get(name, "").strip():
            if flaw := flaw_of(text):
                raise UsageError(f"{name} cannot be used: it {flaw}", "Set it anew, by itself.")
            return text
    return ""
