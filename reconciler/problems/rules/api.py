"""R5xx: calls that failed, answers that cannot be used, and what stops an apply."""

from __future__ import annotations

from reconciler.problems.rules.rule import error_rule, warning_rule

_READ_IT = "The message quotes the call and the server's own words."

MISTAKES_IN_THE_MANIFESTS = error_rule(
    "R501",
    "mistakes in the manifests",
    what="The manifests or the project file have mistakes.",
    why="Nothing is sent as long as one of them is left.",
    hint="Correct what the messages above it name.",
)

CANNOT_BE_DONE_AS_ASKED = error_rule(
    "R502",
    "cannot be done as asked",
    what="An argument or option asks for what is not there, or this machine cannot do it.",
    why="Going on without it would do less, or something else, than was asked.",
    hint="Correct the argument; `reconciler COMMAND --help` lists them.",
)

SECRETS_MISSING = error_rule(
    "R503",
    "secrets missing",
    what="A secret that this apply has to send for a tenant is not provided.",
    why="All are looked up before the first write, so that none stops a tenant half-way: it is "
    "left alone, and the others go on.",
    hint="Provide the secrets that the messages name, and apply again.",
)

INCONSISTENT_LISTING = error_rule(
    "R504",
    "inconsistent listing",
    what="A list of live objects cannot be complete, or holds rows of somebody else.",
    why="Read as it is, a short list would plan creates of what exists, or deletes.",
    hint="Run again; others may be writing at the same time.",
)

UNUSABLE_LIVE_OBJECT = error_rule(
    "R505",
    "unusable live object",
    what="Airbyte answered an object without a field that it must have.",
    why="It cannot be compared with its manifest.",
    hint="Look at it in Airbyte; it may have been deleted or damaged meanwhile.",
)

SECRET_WOULD_BE_LOST = error_rule(
    "R506",
    "secret would be lost",
    what="A live configuration holds a secret that nobody declares and no update can keep.",
    why="Airbyte would store the asterisks that it shows in place of the secret.",
    hint="Declare it: `${{ secrets.NAME }}`.",
)

LEDGER_UNUSABLE = error_rule(
    "R507",
    "ledger unusable",
    what="The ledger's file cannot be read or written.",
    why="An apply must note what it is about to do before it does it.",
    hint="Check the file's permissions; deleting the ledger is always safe.",
)

ENVIRONMENT_LOCKED = error_rule(
    "R508",
    "environment locked",
    what="Another apply works on the same environment.",
    why="Two at a time would undo each other's writes.",
    hint="Wait for it, or let `--lock-timeout` wait.",
)

UNFORESEEN_FAULT = error_rule(
    "R509",
    "unforeseen fault",
    what="The program met something that it should have foreseen.",
    why="What was in flight is reported; nothing further was started.",
    hint="Please report it with the trace that is printed.",
)

UNREACHABLE = error_rule(
    "R510",
    "Airbyte cannot be reached",
    what="No connection could be made; nothing was sent.",
    why="Without live state there is no plan.",
    hint="Check `url` of the environment, the network, and that Airbyte is up.",
)

NO_ANSWER = error_rule(
    "R511",
    "no answer",
    what="A request was sent and not answered.",
    why="It may have been carried out.",
    hint="Run again: it looks for the object first, so nothing is done twice.",
)

NOT_THE_API = error_rule(
    "R512",
    "not an answer of the Airbyte API",
    what="Something answered that is not the API: a login page, a proxy, another server.",
    why="Nothing in it can be trusted.",
    hint="Check `url` of the environment.",
)

REFUSED_BY_AIRBYTE = error_rule(
    "R513",
    "refused by Airbyte",
    what="Airbyte refuses a request as it stands.",
    why=_READ_IT,
    hint="Correct what Airbyte names and run again.",
)

CREDENTIALS_REFUSED = error_rule(
    "R514",
    "credentials refused",
    what="Airbyte does not take the credentials.",
    why="Nothing can be read or written without them.",
    hint="Check `clientId` and `clientSecret` (or `token`) of the environment.",
)

FORBIDDEN = error_rule(
    "R515",
    "forbidden",
    what="The credentials may not do this, or the id does not exist.",
    why="Airbyte does not tell which of the two it is.",
    hint="Check the permissions in that workspace.",
)

NOT_FOUND = error_rule(
    "R516",
    "not found",
    what="There is no such object, or no such path.",
    why="It was deleted meanwhile, or the address is wrong.",
    hint="Plan again; check `url` of the environment.",
)

IN_CONFLICT = error_rule(
    "R517",
    "in conflict",
    what="The object is locked, busy, or not in a state for this.",
    why=_READ_IT,
    hint="Run again later.",
)

TOO_MANY_REQUESTS = error_rule(
    "R518",
    "too many requests",
    what="Airbyte kept asking to slow down.",
    why="Others may be using the same quota.",
    hint="Run again later, or with a lower `--parallelism`.",
)

SERVER_FAILED = error_rule(
    "R519",
    "the server failed",
    what="Airbyte answered with an internal error.",
    why="Some mistakes in a request are answered so, bad credentials of a source above all.",
    hint="Read the server's words; otherwise look into its log.",
)

CALL_FAILED = error_rule(
    "R520",
    "call failed",
    what="A call failed in a way that has no rule of its own.",
    why=_READ_IT,
    hint="Run again.",
)

UNREADABLE_SECRETS_FILE = error_rule(
    "R521",
    "unreadable secrets file",
    what="The file that the project names for its secrets is missing or cannot be understood.",
    why="Apply needs a secret from it; nothing was sent.",
    hint="Let sops or the CI write it, and look at `secrets.path` in reconciler.yaml.",
)

COMMENT_NOT_WRITTEN = warning_rule(
    "R522",
    "comment not written",
    what="The comment on a pull request could not be written or brought up to date.",
    why="The plan is printed and its exit code holds all the same: only the request lacks it.",
    hint="The message quotes the answer of GitHub or GitLab, and says what the token needs.",
)

ORGANIZATION_UNCLEAR = error_rule(
    "R523",
    "organization unclear",
    what="Something is kept by organization, and the credentials see several, or none.",
    why="Choosing one of them would be a guess.",
    hint="Write `organizationId` into the environment in reconciler.yaml.",
)

STREAMS_UNFIT = error_rule(
    "R524",
    "streams not as the source has them",
    what="A connection lists streams that its source has not, or has otherwise.",
    why="Airbyte takes a wrong namespace, and in some modes another key or cursor than the "
    "source's own, without a word, and ignores it: no plan would ever be empty.",
    hint="Correct what the message names, or let the source discover its streams again.",
)

USED_BY_OTHER_TENANTS = error_rule(
    "R525",
    "used by other tenants",
    what="Something of the organization is to be deleted that other tenants still use.",
    why="Airbyte would delete what they made of it along, and their connections.",
    hint="Take what uses it out of those tenants first.",
)

NOT_OFFERED = error_rule(
    "R526",
    "not offered by this Airbyte",
    what="The call is one that this Airbyte does not carry out (501).",
    why="Some things are offered by Airbyte Cloud only, OAuth credentials of workspaces above all.",
    hint="Take it out of the manifests that go to this environment.",
)

SECRETS_PROVIDER_FAILED = error_rule(
    "R527",
    "secrets provider failed",
    what="The program that gives secrets could not be run, ended in an error or took too long.",
    why="The tenants whose secrets it was asked for are left alone; the others go on.",
    hint="Run the `argv` of `secrets` in reconciler.yaml yourself; it may want a login.",
)
