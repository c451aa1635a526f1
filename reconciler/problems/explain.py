"""Every error of the tree as a Problem: what happened, the server's own words, what to do."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model import Origin
from reconciler.model.credentials import public_address
from reconciler.problems import errors, rules
from reconciler.problems.errors import ApiError, ReconcilerError
from reconciler.problems.problem import Problem
from reconciler.problems.rules import Rule

_BASES = (
    "The API of a self-managed Airbyte is at http://HOST:8000/api/public/v1, that of Cloud at "
    "https://api.airbyte.com/v1."
)
_CHECK_URL = f"Check `url` of the environment in reconciler.yaml. {_BASES}"


def explain(error: ReconcilerError) -> Problem:
    """What to tell the user of *error*."""
    for class_ in type(error).__mro__:
        if class_ in _EXPLAINED:
            rule, explained = _EXPLAINED[class_]
            detail, hint, origin = explained(error)
            return Problem(rule, origin, detail, hint)
    return Problem(rules.FAILED, detail=str(error))


Explanation = tuple[str, str, Origin | None]


def _api(hint: str) -> Callable[[ApiError], Explanation]:
    """An explanation of a call that failed: the call, the server's words, and *hint*."""

    def explained(error: ApiError) -> Explanation:
        said = f": {error.problem}" if error.problem else ""
        status = f"{error.status}" if error.status else "nothing usable"
        call = f"{error.method} {public_address(error.url)}"
        detail = f"{call} answered {status}{said}"
        return detail if detail.endswith((".", ")")) else f"{detail}.", hint, None

    return explained


def _connection_failed(error: ApiError) -> Explanation:
    detail = f"{error.method} {public_address(error.url)} was never sent: {error.problem}."
    return detail, f"Is Airbyte up, and may this machine reach it? {_CHECK_URL}", None


def _response_lost(error: ApiError) -> Explanation:
    detail = (
        f"{error.method} {public_address(error.url)} was sent and not answered: {error.problem}. "
        "It may have been carried out."
    )
    hint = "Run the command again: it looks for the object first, so nothing is done twice."
    return detail, hint, None


def _server_error(error: ApiError) -> Explanation:
    detail, _, _ = _api("")(error)
    if "wrong in the connector" in error.problem:
        return detail, "The source could not be read: check its credentials and settings.", None
    if error.problem:
        hint = "Airbyte answers some mistakes in a request so: read its words first."
        return detail, f"{hint} Otherwise look into the server's log.", None
    return detail, "The answer says no more. Look into the server's log, then run again.", None


_CONFLICTS = {
    errors.ConflictState.BUSY: "A job of it is running, or another write came first. "
    "It was tried again in vain: run the command later.",
    errors.ConflictState.LOCKED: "Airbyte has locked the connection, for its billing or its use: "
    "unlock it there. No write can change it until then.",
    errors.ConflictState.EXISTS: "Another object has that name already: rename one of them.",
    errors.ConflictState.OTHER: "The object is not in a state for this: look at it in Airbyte.",
}


def _conflict(error: errors.Conflict) -> Explanation:
    detail, _, _ = _api("")(error)
    return detail, _CONFLICTS[error.state], None


def _unauthorized(error: ApiError) -> Explanation:
    detail, _, _ = _api("")(error)
    hint = "Check clientId and clientSecret (or token) of the environment in reconciler.yaml."
    return detail, hint, None


def _listing(error: errors.ListingInconsistent) -> Explanation:
    detail = f"The list {error.path} cannot be trusted: {error.reason}."
    return detail, "Others may be writing just now: run the command again.", None


def _malformed(error: errors.MalformedObject) -> Explanation:
    subject = f"The live {error.kind} {error.id}" if error.id else "A live object"
    hint = "Look at it in Airbyte; it may have been deleted or damaged meanwhile."
    return f"{subject} cannot be used: {error.reason}.", hint, None


def _ambiguous(error: errors.AmbiguousName) -> Explanation:
    ids = ", ".join(error.ids)
    detail = f'{len(error.ids)} live {error.kind}s are named "{error.name}": {ids}.'
    return detail, "Rename or delete all but one of them in Airbyte.", error.origin


def _adoption(error: errors.AdoptionFailed) -> Explanation:
    detail = f"No {error.key.kind} of the tenant's workspace has the id {error.id}."
    hint = "Correct the id: it may be of another kind or workspace, or be deleted."
    return detail, hint, error.origin


def _organization(error: errors.OrganizationUnclear) -> Explanation:
    found = ", ".join(error.ids) or "none"
    return (
        f"The credentials see {len(error.ids)} organizations: {found}.",
        "Say which one: `organizationId` of the environment in reconciler.yaml.",
        None,
    )


def _still_used(error: errors.StillUsed) -> Explanation:
    places = error.workspace_ids
    shown_ids = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    return (
        f"{error.kind} {error.id} is the organization's, and with it Airbyte would delete what "
        f"was made of it in {len(places)} other workspaces: {shown_ids}. Nothing was sent.",
        "Take what uses it out of those tenants first.",
        None,
    )


def _not_carried(error: errors.SecretNotCarried) -> Explanation:
    detail = (
        f"configuration.{error.field} holds a secret that no manifest declares, at a place where "
        "an update would put asterisks over it. Nothing was sent."
    )
    return detail, "Declare it: ${{ secrets.NAME }}.", None


def _unfit(error: errors.StreamsUnfit) -> Explanation:
    told = "\n".join(error.problems)
    return (
        f"What the source discovers is not what the manifest says. Nothing was sent.\n{told}",
        "",
        None,
    )


def _secrets(error: errors.SecretsMissing) -> Explanation:
    detail = f"{error.name} is not provided, and needed by {error.key}."
    return detail, "Put it where `secrets` of reconciler.yaml says, and apply again.", None


def _usage(error: errors.UsageError) -> Explanation:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}.", error.hint, None


def _plan_file(error: errors.PlanFileUnreadable) -> Explanation:
    return f"{error}.", error.hint, None


def _manifest(error: errors.ManifestError) -> Explanation:
    return str(error), "", None


def _ledger(error: errors.LedgerUnusable) -> Explanation:
    return f"The ledger {error.path} cannot be used: {error.reason}.", error.hint, None


def _locked(error: errors.EnvironmentLocked) -> Explanation:
    detail = f'Environment "{error.environment}" is being applied to by {error.holder}.'
    return detail, "Wait for it: --lock-timeout 10m does that for you.", None


def _registry(error: errors.RegistryUnusable) -> Explanation:
    detail = f"{error.where} is no use: {error.reason}."
    hint = (
        "`connectors update --file FILE` takes a copy that you have fetched by other means; "
        "without any, the starter set that ships with reconciler is used."
    )
    return detail, hint, None


def _unforeseen(error: errors.Unforeseen) -> Explanation:
    return f"{error}\n{error.trace}", "This is a fault of reconciler: please report it.", None


_EXPLAINED: dict[type, tuple[Rule, Callable[..., Explanation]]] = {
    errors.ManifestError: (rules.MISTAKES_IN_THE_MANIFESTS, _manifest),
    errors.UsageError: (rules.CANNOT_BE_DONE_AS_ASKED, _usage),
    errors.PlanFileRefused: (rules.PLAN_FILE_REFUSED, _plan_file),
    errors.PlanFileUnreadable: (rules.UNUSABLE_PLAN_FILE, _plan_file),
    errors.SecretsMissing: (rules.SECRETS_MISSING, _secrets),
    errors.ListingInconsistent: (rules.INCONSISTENT_LISTING, _listing),
    errors.MalformedObject: (rules.UNUSABLE_LIVE_OBJECT, _malformed),
    errors.AmbiguousName: (rules.AMBIGUOUS_NAME, _ambiguous),
    errors.AdoptionFailed: (rules.NOTHING_TO_ADOPT, _adoption),
    errors.OrganizationUnclear: (rules.ORGANIZATION_UNCLEAR, _organization),
    errors.StillUsed: (rules.USED_BY_OTHER_TENANTS, _still_used),
    errors.SecretNotCarried: (rules.SECRET_WOULD_BE_LOST, _not_carried),
    errors.StreamsUnfit: (rules.STREAMS_UNFIT, _unfit),
    errors.LedgerUnusable: (rules.LEDGER_UNUSABLE, _ledger),
    errors.EnvironmentLocked: (rules.ENVIRONMENT_LOCKED, _locked),
    errors.RegistryUnusable: (rules.CONNECTOR_REGISTRY_UNUSABLE, _registry),
    errors.Unforeseen: (rules.UNFORESEEN_FAULT, _unforeseen),
    errors.ConnectionFailed: (rules.UNREACHABLE, _connection_failed),
    errors.ResponseLost: (rules.NO_ANSWER, _response_lost),
    errors.UnexpectedAnswer: (rules.NOT_THE_API, _api(_CHECK_URL)),
    errors.Rejected: (
        rules.REFUSED_BY_AIRBYTE,
        _api("Correct what Airbyte names and run again."),
    ),
    errors.Unauthorized: (rules.CREDENTIALS_REFUSED, _unauthorized),
    errors.Forbidden: (
        rules.FORBIDDEN,
        _api(
            "The credentials lack the permission for this, or the id does not exist: Airbyte does "
            "not tell which."
        ),
    ),
    errors.NotOffered: (
        rules.NOT_OFFERED,
        _api(
            "Airbyte Cloud has it, and a self-managed one has not. Take it out of the manifests "
            "that go there; `null` takes away what a template says."
        ),
    ),
    errors.NotFound: (
        rules.NOT_FOUND,
        _api(f"It was deleted meanwhile, or the address is wrong. {_CHECK_URL}"),
    ),
    errors.Conflict: (rules.IN_CONFLICT, _conflict),
    errors.RateLimited: (
        rules.TOO_MANY_REQUESTS,
        _api("Airbyte asked to slow down: run again later, or with a lower --parallelism."),
    ),
    errors.ServerError: (rules.SERVER_FAILED, _server_error),
    errors.ApiError: (rules.CALL_FAILED, _api("")),
}
