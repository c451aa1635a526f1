"""Reasons to refuse a plan: one function each, from a plan to Problems.

A refused tenant is left alone as a whole; a refused run is not applied at all.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.kinds import get
from reconciler.model import DesiredTenant, Origin, Remembered, ResourceKey, referred, workspace_key
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Cause, Delete, Operation, Replace, Update
from reconciler.plan.ownership import UNKNOWN_OWNERS, Owner, Ownership
from reconciler.problems import rules
from reconciler.problems.errors import AdoptionFailed, AmbiguousName, ListingInconsistent
from reconciler.problems.problem import Problem

FEW_NAMES = 5
FEW = 2  # deletes that are never judged by their share: one of three is no landslide


@dataclass(frozen=True, slots=True)
class Limits:
    """The most deletes that need no word from the user: in number, and in percent of what lives."""

    deletes: int = 10
    percent: float = 30.0


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the user has allowed beyond the defaults.

    `replace` and `resume` are patterns of keys. `deletes` is a ceiling for the whole run in place
    of `limits`: it asks for no delete, and one more than that is refused.
    """

    replace: Collection[str] = field(default_factory=tuple)
    deletes: int | None = None
    limits: Limits = field(default_factory=Limits)
    resume: Collection[str] = field(default_factory=tuple)

    def allows_replacing(self, key: ResourceKey) -> bool:
        return _fits(key, self.replace)

    def allows_resuming(self, key: ResourceKey) -> bool:
        return _fits(key, self.resume)


def _fits(key: ResourceKey, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(str(key), pattern) for pattern in patterns)


NOTHING_ALLOWED = Allowances()
_NO_PLAN = Plan(())


@dataclass(frozen=True, slots=True)
class Case:
    """What a guard judges: a tenant's plan, and all that speaks for and against it."""

    plan: TenantPlan
    desired: DesiredTenant
    allowances: Allowances
    remembered: Remembered
    ownership: Ownership = UNKNOWN_OWNERS

    @property
    def deletes(self) -> list[Delete | Replace]:
        """The operations with which a live object goes."""
        return [op for op in self.plan.operations if isinstance(op, Delete | Replace)]

    def place(self, operation: Operation) -> Origin:
        """Where the manifests have most to do with *operation*."""
        declared = self.desired.resources.get(operation.key)
        return operation.origin or (declared.origin if declared else self.desired.origin)


Guard = Callable[[Case], Iterator[Problem]]


def guarded(
    plan: TenantPlan,
    desired: DesiredTenant,
    allowances: Allowances,
    remembered: Remembered,
    ownership: Ownership = UNKNOWN_OWNERS,
) -> TenantPlan:
    """*plan* with every refusal that the guards have against it."""
    case = Case(plan, desired, allowances, remembered, ownership)
    refusals = [refusal for guard in GUARDS for refusal in guard(case)]
    return replace(plan, refusals=(*plan.refusals, *refusals))


def guarded_run(
    tenants: Sequence[TenantPlan], allowances: Allowances, around: Plan = _NO_PLAN
) -> Plan:
    """The plan of all *tenants*, otherwise as *around*, with what speaks against it as a whole."""
    plan = replace(around, tenants=tuple(tenants))
    return replace(plan, refusals=tuple(refuse_many_deletes_in_all(plan, allowances)))


def refuse_unprovided(
    plan: Plan,
    missing: Mapping[str, Sequence[Operation]],
    advice: Callable[[str], tuple[str, str]],
    allowances: Allowances,
) -> Plan:
    """*plan* with a refusal for every secret that a tenant lacks: *missing*, with what needs it.

    *advice* gives for a secret why it is missing, and what to do.
    """
    refusals: dict[str, list[Problem]] = {}
    for name, operations in sorted(missing.items()):
        needing: dict[str, list[Operation]] = {}
        for operation in operations:
            needing.setdefault(operation.key.scope, []).append(operation)
        for tenant, lacking in needing.items():
            refusals.setdefault(tenant, []).append(_unprovided(name, lacking, advice(name)))
    if not refusals:
        return plan
    tenants = (
        replace(t, refusals=(*t.refusals, *refusals.get(t.tenant, ()))) for t in plan.tenants
    )
    # The deletes of those that go on may be too many of what is theirs.
    return guarded_run(tuple(tenants), allowances, plan)


def _unprovided(name: str, operations: Sequence[Operation], advice: tuple[str, str]) -> Problem:
    keys = ", ".join(dict.fromkeys(str(operation.key) for operation in operations))
    why, hint = advice
    detail = f"{name} is not provided, and needed by {keys}. {why}".rstrip()
    return Problem(rules.SECRETS_MISSING, operations[0].origin, detail=detail, hint=hint)


def refuse_replacement(case: Case) -> Iterator[Problem]:
    """A replaced connection loses its sync state and loads everything again."""
    for operation in case.deletes:
        if operation.cause is Cause.REPLACED and not case.allowances.allows_replacing(
            operation.key
        ):
            yield Problem(
                rules.REPLACEMENT_REFUSED,
                case.place(operation),
                detail=f"{operation.key} would have to be deleted and created anew: "
                f"{operation.reason}. {get(operation.key.kind).replacing.loses}",
                hint=f"Undo the change, or allow it with --allow-replace '{operation.key}'.",
            )


def refuse_cascade(case: Case) -> Iterator[Problem]:
    """Whoever allows a replacement has not asked for what nobody declares to go with it."""
    replaced = {op.key for op in case.deletes if op.cause is Cause.REPLACED}
    for operation in case.deletes:
        if operation.cause is not Cause.CASCADE:
            continue
        for key in referred(operation.live.spec, operation.key.scope):
            if key in replaced:
                yield Problem(
                    rules.UNDECLARED_WOULD_BE_DELETED,
                    case.place(operation),
                    detail=f"Deleting {key} makes Airbyte delete the {operation.key.kind} "
                    f'"{operation.title}" ({operation.live.id}) too, which no manifest mentions.',
                    hint="Declare it, or delete it in Airbyte first.",
                )


def refuse_protected(case: Case) -> Iterator[Problem]:
    """What is protected is neither deleted nor replaced, whatever else allows it."""
    for operation in case.deletes:
        if _is_protected(operation, case):
            name = operation.live.spec["name"]
            yield Problem(
                rules.PROTECTED_RESOURCE,
                case.place(operation),
                detail=f'The {operation.key.kind} "{name}" ({operation.key}) is protected, and '
                f"would be {_done_to(operation)}.",
                hint="Set `protect: false` in its entry first, if it may really go.",
            )


def _is_protected(operation: Delete | Replace, case: Case) -> bool:
    """The manifest decides while it has an entry that says so; after that the ledger."""
    declared = case.desired.resources.get(operation.key)
    if declared is not None:
        return declared.is_protected
    retired = case.desired.retired.get(operation.key)
    if retired is not None and retired.is_protected is not None:
        return retired.is_protected
    id_ = operation.live.id
    return any(
        known.is_protected and known.id == id_ for known in case.remembered.resources.values()
    )


def _done_to(operation: Operation) -> str:
    return {
        Cause.REPLACED: "replaced",
        Cause.CASCADE: f"deleted, since it {operation.reason}",
    }.get(operation.cause, "deleted")


def refuse_foreign_workspace(case: Case) -> Iterator[Problem]:
    """What is in a workspace that another manifest has is not this tenant's to delete or change."""
    key = workspace_key(case.desired.name)
    id_ = case.plan.live_ids.get(key, "")
    if not id_ or not (owner := _other_owner(case, key, id_)):
        return
    other = owner.claim
    is_known = not other.is_unclear
    yield Problem(
        rules.WORKSPACE_OF_ANOTHER_TENANT,
        case.desired.origin,
        detail=f'The live workspace {id_} of tenant "{case.desired.name}" belongs to '
        f'{"tenant" if is_known else "the manifest of"} "{other.tenant}" ({other.origin}), which '
        f"{owner.reason}.",
        hint=f'If "{other.tenant}" has taken it over, let go of "{case.desired.name}"; what is to '
        f'be deleted of it is for "{other.tenant}" to say. Else give one of them another workspace.'
        if is_known
        else "Mend that manifest first.",
    )


def _other_owner(case: Case, key: ResourceKey, id_: str) -> Owner | None:
    """Looks for one only where something says that there may be one, or something is deleted."""
    name, ownership = case.desired.name, case.ownership
    owner = None
    if case.deletes or ownership.is_contested(name, id_):
        owner = ownership.by_id(name, id_)
    goes = next((op.live for op in case.deletes if op.key == key), None)
    if owner is None and goes is not None:
        owner = ownership.by_name(name, id_, str(goes.spec["name"]))
    return owner


def refuse_impossible(case: Case) -> Iterator[Problem]:
    """What cannot be made would fail in the middle of an apply."""
    for key, why in sorted(case.plan.impossible.items(), key=lambda each: each[0]):
        yield replace(why.problem, where=case.desired.resources[key].origin)


def refuse_locked(case: Case) -> Iterator[Problem]:
    """The server answers every change of a locked connection with an error."""
    for operation in case.plan.operations:
        if not isinstance(operation, Update):
            continue
        caveats = get(operation.key.kind).caveats
        if caveats and (reason := caveats.locked(operation.live.body)):
            yield Problem(
                rules.LOCKED_BY_AIRBYTE,
                case.place(operation),
                f"{operation.key} cannot be changed: {reason}.",
                "Have it unlocked first (a matter of billing or of abuse, mostly), or undo "
                "the change.",
            )


def refuse_emptying(case: Case) -> Iterator[Problem]:
    """Pruning for a manifest that declares nothing is a lost file more often than a wish."""
    pruned = [op for op in case.deletes if op.cause is Cause.PRUNED]
    is_empty = len(case.desired.resources) == 1 and not case.desired.retired
    if pruned and is_empty and case.allowances.deletes is None:
        yield Problem(
            rules.NOTHING_DECLARED,
            case.desired.origin,
            detail=f'The manifests of tenant "{case.desired.name}" declare no source, destination '
            f"or connection, and pruning would delete all that is live: {len(pruned)}.",
            hint=f"Restore its files, or allow it with --allow-deletes {len(case.deletes)}.",
        )


def refuse_many_deletes(case: Case) -> Iterator[Problem]:
    """More deletes than expected are a mistake more often than a wish."""
    count = len(_losses(case.plan))
    if excess := _excess(count, _living(case.plan), case.allowances):
        yield Problem(
            rules.TOO_MANY_DELETES,
            case.desired.origin,
            detail=f"The plan would delete {count} of {_living(case.plan)} live objects of "
            f'tenant "{case.desired.name}", and {excess}.',
            hint=_raise_ceiling(count),
        )


def refuse_many_deletes_in_all(plan: Plan, allowances: Allowances) -> Iterator[Problem]:
    """The same over all tenants that are not refused by themselves."""
    tenants = [tenant for tenant in plan.tenants if tenant.may_be_applied]
    count = sum(len(_losses(tenant)) for tenant in tenants)
    living = sum(map(_living, tenants))
    if excess := _excess(count, living, allowances):
        yield Problem(
            rules.TOO_MANY_DELETES,
            detail=f"The plan would delete {count} of {living} live objects in "
            f"{sum(bool(_losses(tenant)) for tenant in tenants)} tenants, and {excess}.",
            hint=_raise_ceiling(count),
        )


def _losses(plan: TenantPlan) -> list[Delete]:
    """The deletes after which something is gone; a replaced one is allowed by name."""
    return [
        op for op in plan.operations if isinstance(op, Delete) and op.cause is not Cause.REPLACED
    ]


def _living(plan: TenantPlan) -> int:
    """How many objects are live: declared ones, and those that nobody declares."""
    undeclared = [op for op in plan.operations if isinstance(op, Delete) and not op.key.is_declared]
    return len(plan.live_ids) + len(plan.undeclared) + len(undeclared)


def _excess(count: int, living: int, allowances: Allowances) -> str:
    """Which bound *count* passes, empty when none."""
    limits = allowances.limits
    if allowances.deletes is not None:
        return f"--allow-deletes is {allowances.deletes}" if count > allowances.deletes else ""
    if count > limits.deletes:
        return f"limits.maxDeletes is {limits.deletes}"
    if count > FEW and count * 100 > living * limits.percent:
        share = round(100 * count / living)
        return f"limits.maxDeletePercent is {limits.percent:g} (this is {share} percent)"
    return ""


def _raise_ceiling(count: int) -> str:
    return f"If that is meant, allow it with --allow-deletes {count}."


GUARDS: tuple[Guard, ...] = (
    refuse_foreign_workspace,
    refuse_replacement,
    refuse_cascade,
    refuse_protected,
    refuse_locked,
    refuse_impossible,
    refuse_emptying,
    refuse_many_deletes,
)


def no_manifests_left(known: Sequence[str], found: Problem) -> Problem | None:
    """The refusal to take no manifest at all for the wish to have nothing; *known* were applied.

    *found* says what there is in the place of manifests. None where nothing was ever applied.
    """
    if not known:
        return None
    names = f"{', '.join(known[:FEW_NAMES])}{', …' if len(known) > FEW_NAMES else ''}"
    were = "1 tenant was" if len(known) == 1 else f"{len(known)} tenants were"
    return Problem(
        rules.NO_MANIFESTS_LEFT,
        found.origin,
        f"{found.detail} {were} applied from here: {names}.",
        "Restore the files. To remove a tenant: reconciler destroy TENANT, or `state: absent` "
        "with a reason.",
    )


def ambiguous_name(problem: AmbiguousName) -> Problem:
    """The refusal to guess which of several live objects a manifest means."""
    return Problem(
        rules.AMBIGUOUS_NAME,
        problem.origin,
        detail=f'{len(problem.ids)} live {problem.kind}s are named "{problem.name}": '
        f"{', '.join(problem.ids)}.",
        hint="Rename or delete all but one of them in Airbyte, or say which one is meant: "
        f"reconciler adopt {problem.key.scope} {problem.key.local}=ID",
    )


def failed_adoption(problem: AdoptionFailed) -> Problem:
    """The refusal to take anything else for what is to be adopted."""
    return Problem(
        rules.NOTHING_TO_ADOPT,
        problem.origin,
        detail=f"{problem.key} is to be the live {problem.key.kind} {problem.id}, and the "
        f"tenant's workspace has no {problem.key.kind} of that id.",
        hint="Correct the id: it may be of another kind or workspace, or be deleted.",
    )


def untrusted_listing(problem: ListingInconsistent, origin: Origin | None = None) -> Problem:
    """The refusal to plan from a list that may lack rows: they would be created or deleted."""
    return Problem(
        rules.LISTING_DOES_NOT_ADD_UP,
        origin,
        f"{problem.path}: {problem.reason}.",
        "Somebody is changing Airbyte at this moment, mostly. Try again.",
    )
