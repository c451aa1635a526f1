"""The exception tree: what stops a stage.

    ReconcilerError
    ├── ManifestError            user mistakes found before anything was sent, all of them
    │   └── NothingDeclared      there is no manifest at all
    ├── UsageError               a selector or option that fits nothing
    ├── PlanFileUnreadable       a plan file that is none, or not whole
    ├── PlanFileRefused          a plan file that must not be applied: edited, newer, made elsewhere
    ├── SecretsMissing           a secret that a write turns out to need and nobody provides
    ├── ListingInconsistent      a list that cannot be trusted to be complete
    ├── MalformedObject          a live object without a field that it must have
    ├── AmbiguousName            two live objects of the name that a manifest asks for
    ├── AdoptionFailed           an id to adopt that the tenant's workspace has not
    ├── SecretNotCarried         an unmanaged secret that an update would destroy
    ├── StreamsUnfit             declared streams that their source has not, or has otherwise
    ├── LedgerUnusable           the ledger's file cannot be read or written
    ├── EnvironmentLocked        another apply works on the same environment
    ├── RegistryUnusable         a registry of connectors that cannot be fetched or read
    ├── Unforeseen               a fault of this program, caught where it would hide other outcomes
    └── ApiError                 one call that did not do what it should
        ├── ConnectionFailed     nothing was sent: unknown host, refused connection, bad TLS
        ├── ResponseLost         it was sent, the answer did not come: it may have happened
        ├── UnexpectedAnswer     an answer that is not the API's: HTML, other JSON, a redirect
        ├── Rejected             400, 422 and other 4xx: the request itself is refused
        ├── Unauthorized         401, after one renewal of the token
        ├── Forbidden            403: missing permission, or an id that does not exist
        ├── NotFound             404
        ├── Conflict             409
        ├── RateLimited          429
        └── ServerError          5xx

Exceptions carry data, and prose is made at the edge; mistakes in manifests are Problems, collected.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from reconciler.model import Origin, ResourceKey
from reconciler.problems.problem import Problem


class ReconcilerError(Exception):
    """Anything foreseeable that stops a stage."""


class ManifestError(ReconcilerError):
    """The manifests or the project file have mistakes; nothing was sent."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


class NothingDeclared(ManifestError):
    """The manifests' folder is missing or empty: a lost checkout looks just the same."""


class UsageError(ReconcilerError):
    """The command line asks for something that is not there."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class PlanFileUnreadable(ReconcilerError):
    """A plan file that cannot be used as one; *reason* goes on a sentence that names it."""

    def __init__(self, path: str, reason: str, hint: str) -> None:
        super().__init__(f"{path} {reason}")
        self.hint = hint


class PlanFileRefused(PlanFileUnreadable):
    """A plan file that is whole, and must not be applied here."""


class SecretsMissing(ReconcilerError):
    """A secret that nobody provides, and the resource that needs it."""

    def __init__(self, name: str, key: ResourceKey) -> None:
        super().__init__(f"{name} for {key}")
        self.name = name
        self.key = key


class ListingInconsistent(ReconcilerError):
    """A list answered rows that cannot be complete or cannot belong to it; never an empty state."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class MalformedObject(ReconcilerError):
    """The API answered an object that cannot be used; `kind` and `id` are empty until known."""

    def __init__(self, reason: str, kind: str = "", id_: str = "") -> None:
        super().__init__(f"{kind} {id_}: {reason}".strip(" :"))
        self.reason = reason
        self.kind = kind
        self.id = id_


class AmbiguousName(ReconcilerError):
    """A name that tells nothing: several live objects of *kind* have it, and *key* asks for one."""

    def __init__(
        self, kind: str, name: str, ids: Sequence[str], origin: Origin, key: ResourceKey
    ) -> None:
        super().__init__(f'{len(ids)} live {kind}s are named "{name}"')
        self.kind = kind
        self.name = name
        self.ids = tuple(sorted(ids))
        self.origin = origin
        self.key = key


class AdoptionFailed(ReconcilerError):
    """*key* is to be the live object of this id, which is not there, or is not of its kind."""

    def __init__(self, key: ResourceKey, id_: str, origin: Origin) -> None:
        super().__init__(f"{key} {id_}")
        self.key = key
        self.id = id_
        self.origin = origin


class OrganizationUnclear(ReconcilerError):
    """Something is kept by organization, and the environment does not say in which of these."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"{len(ids)} organizations")
        self.ids = tuple(sorted(ids))


class StillUsed(ReconcilerError):
    """An object of the organization of which other tenants have made something."""

    def __init__(self, kind: str, id_: str, workspace_ids: Sequence[str]) -> None:
        super().__init__(f"{kind} {id_}")
        self.kind = kind
        self.id = id_
        self.workspace_ids = tuple(workspace_ids)


class SecretNotCarried(ReconcilerError):
    """A secret in Airbyte that no manifest declares and no write could keep."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class StreamsUnfit(ReconcilerError):
    """Declared streams that are not as the source has them; `problems` are sentences."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class LedgerUnusable(ReconcilerError):
    """The file at `path` cannot be used as a ledger; `hint` says what to do."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.hint = hint


class EnvironmentLocked(ReconcilerError):
    """Another apply holds the environment; `holder` says who, where and since when."""

    def __init__(self, environment: str, holder: str) -> None:
        super().__init__(f"{environment}: {holder}")
        self.environment = environment
        self.holder = holder


class RegistryUnusable(ReconcilerError):
    """A registry of connectors that cannot be fetched, read or kept; `where` is a URL or file."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class Unforeseen(ReconcilerError):
    """Something that this program should have foreseen; `trace` helps those who mend it."""

    def __init__(self, what: str, trace: str) -> None:
        super().__init__(what)
        self.trace = trace


class ApiError(ReconcilerError):
    """One API call failed. `problem` is what the server said of it, `status` its HTTP status."""

    def __init__(self, method: str, url: str, *, status: int = 0, problem: str = "") -> None:
        super().__init__(f"{method} {url}: {status or 'unanswered'} {problem}".rstrip())
        self.method = method
        self.url = url
        self.status = status
        self.problem = problem


class ConnectionFailed(ApiError):
    """The request never reached the server; `is_refused` when nothing listens there just now."""

    is_refused: bool = False


class ResponseLost(ApiError):
    """The request was sent and no whole answer came back, so it may have been carried out."""


class UnexpectedAnswer(ApiError):
    """The answer is not one of the Airbyte API."""


class Rejected(ApiError):
    """The server refuses the request as it stands; sending it again is useless."""


class Unauthorized(ApiError):
    """The credentials are refused."""


class Forbidden(ApiError):
    """The caller may not do this, or the id does not exist: the API does not tell which."""


class NotOffered(ApiError):
    """This Airbyte has not what is asked for: it is Cloud's, or of a later version."""


class NotFound(ApiError):
    """There is no such object, or no such path."""


class ConflictState(StrEnum):
    """What a 409 is about. BUSY passes by itself: a job is running, or another write was first."""

    BUSY = "busy"
    LOCKED = "locked"
    EXISTS = "exists"
    OTHER = "other"


class Conflict(ApiError):
    """The object is in a state that does not allow this."""

    state: ConflictState = ConflictState.OTHER


class RateLimited(ApiError):
    """Too many requests. `retry_after_s` is the server's wish, when it states one."""

    retry_after_s: float | None = None


class ServerError(ApiError):
    """The server failed; one that `explains` itself is often the user's mistake all the same."""

    explains: bool = False
