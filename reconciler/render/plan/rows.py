"""Plan → rows that every rendering shows: one resource's fate each, in words and safe texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.kinds import get
from reconciler.model import ALL, JobHistory, Json, Ref, ResourceKey, Spec, workspace_key
from reconciler.model.changes import FieldChange, Mark
from reconciler.model.effects import Consequence, Effect, Weight
from reconciler.plan.model import Action, Attribution, Cause, Operation, TenantPlan, Whose
from reconciler.render.parts.amounts import age_text, duration_text, size_text
from reconciler.render.parts.values import counted, listed, safe, show

TypeNames = Mapping[str, str]
"""Connector types by definition id: what people call a connector."""

NO_NAMES: TypeNames = {}


class Verb(StrEnum):
    """What happens to a resource, in the order in which sums name it."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def mark(self) -> str:
        """The sign in front of a row, readable without colour."""
        return _MARKS[self]


class Section(StrEnum):
    """Where a row stands: what is new, and what was there before anybody wrote a manifest."""

    CHANGES = "changes"
    OUTSIDE = "outside"
    DRIFT = "drift"


_MARKS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.REPLACE: "±", Verb.DELETE: "-"}
_VERBS = {action: Verb(action) for action in Action}
_CAUSES = {Cause.RETIRED: "retired", Cause.PRUNED: "no manifest mentions it"}


@dataclass(frozen=True, slots=True)
class Row:
    """One resource and all that happens to it: one operation, or the two of a replace.

    `consequences` are what all of it does to the data, worst first, each said once. `jobs` are
    there when they were asked for: those of its connection, or of all that the row stands for.
    `attribution` is there where the plan is held against that of a base.
    """

    verb: Verb
    operations: tuple[Operation, ...]
    consequences: tuple[Consequence, ...]
    jobs: tuple[JobHistory, ...] = ()
    attribution: Attribution | None = None

    @property
    def operation(self) -> Operation:
        """The operation that the row speaks of; of a replace it is the create."""
        return self.operations[-1]

    @property
    def key(self) -> ResourceKey:
        return self.operation.key

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        return self.operation.changes

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The distinct effects, worst first."""
        return tuple(dict.fromkeys(consequence.effect for consequence in self.consequences))

    @property
    def own_effects(self) -> tuple[Effect, ...]:
        """The effects that only this change brings; all of them where the base has all as well."""
        theirs = self.attribution.base_consequences if self.attribution else frozenset()
        own = dict.fromkeys(c.effect for c in self.consequences if c not in theirs)
        return tuple(own) or self.effects

    @property
    def section(self) -> Section:
        """Whether it only puts back what somebody changed in Airbyte, or is there without this."""
        if self.attribution is not None:
            is_drift = self.attribution.whose is Whose.DRIFT
            return Section.DRIFT if is_drift else Section.CHANGES
        outside = self.changes and all(c.mark is Mark.CHANGED_OUTSIDE for c in self.changes)
        return Section.OUTSIDE if outside else Section.CHANGES

    def marks(self, change: FieldChange) -> str:
        """Why that field differs, where it is known and the section does not say it."""
        already = self.attribution.already if self.attribution else ()
        said = [str(change.mark)] if change.mark and self.section is not Section.OUTSIDE else []
        said += [str(Whose.DRIFT)] if change.path in already else []
        return ", ".join(said)


def rows_of(plan: TenantPlan) -> tuple[Row, ...]:
    """The rows of one tenant, in the order of its operations."""
    deletes = {op.key: op for op in plan.operations if op.action is Action.DELETE}
    creates = {op.key for op in plan.operations if op.action is Action.CREATE}
    return tuple(
        _row(operation, deletes, plan)
        for operation in plan.operations
        if operation.action is not Action.DELETE or operation.key not in creates
    )


def _row(operation: Operation, deletes: Mapping[ResourceKey, Operation], plan: TenantPlan) -> Row:
    key, verb = operation.key, _VERBS[operation.action]
    operations: tuple[Operation, ...] = (operation,)
    if operation.action is Action.CREATE and key in deletes:
        verb, operations = Verb.REPLACE, (deletes[key], operation)
    jobs = (plan.jobs[key],) if key in plan.jobs else ()
    return Row(verb, operations, _consequences(operations), jobs, plan.attributions.get(key))


def _consequences(operations: Sequence[Operation]) -> tuple[Consequence, ...]:
    found = dict.fromkeys(c for operation in operations for c in operation.consequences)
    if len(found) > 1 and any(c.effect.weight > Weight.HARMLESS for c in found):
        found = {c: None for c in found if c.effect is not Effect.NO_EFFECT}
    return tuple(sorted(found, key=lambda consequence: -consequence.effect.weight))


def is_new_tenant(rows: Sequence[Row]) -> bool:
    """Whether the tenant's workspace is among what is created."""
    return any(r.verb is Verb.CREATE and r.key == workspace_key(r.key.scope) for r in rows)


def subject(operation: Operation, *, titled: bool = True) -> str:
    """A resource in a few words: its kind, its key and, where it differs, its name in Airbyte.

    Not *titled* where the name is one of many.
    """
    key, title = operation.key, operation.title
    if not titled and key.is_declared:
        return f"{key.kind} {safe(key.name)}".strip()
    if not key.is_declared:
        return f'{key.kind} "{safe(title)}"'
    name = f' "{safe(title)}"' if title != key.name else ""
    return f"{key.kind} {safe(key.name)}{name}" if key.name else f"{key.kind}{name}"


def reason(row: Row) -> str:
    """Why, beyond the field changes: a few words, or nothing."""
    said = row.operation.reason or row.operations[0].reason
    why = [said or _CAUSES.get(row.operations[0].cause, ""), _before_too(row)]
    return safe("; ".join(text for text in why if text))


def _before_too(row: Row) -> str:
    """That the base would touch the resource as well, where no field says so."""
    of = row.attribution
    if of is None or of.whose is not Whose.BOTH or of.already:
        return ""
    if of.base_action == row.verb:
        return f"already to {row.verb}, otherwise"
    return f"already to {of.base_action}"


def in_short(row: Row, names: TypeNames, without: Collection[str | int] = ()) -> str:
    """What a new resource is, in a few words that its kind chooses; nothing for other rows.

    Fields in *without* are left out.
    """
    desired = row.operation.desired
    if row.verb is not Verb.CREATE or desired is None:
        return ""
    spec = desired.spec
    fields = [
        field for field in get(row.key.kind).highlights if field in spec and field not in without
    ]
    refs = " → ".join(safe(spec[f].name) for f in fields if isinstance(spec[f], Ref))
    others = [_highlight(f, spec, names) for f in fields if not isinstance(spec[f], Ref)]
    return ", ".join(text for text in (refs, *others) if text)


def _highlight(field: str, spec: Spec, names: TypeNames) -> str:
    value = spec[field]
    if value is ALL:
        return f"all {field}"
    if isinstance(value, Mapping):
        if all(isinstance(inner, str) for inner in value.values()):
            return safe(" ".join(value[name] for name in sorted(value, reverse=True)))
        return counted(len(value), field.removesuffix("s"))
    return names.get(value) or safe(value) if isinstance(value, str) else show(value)


def value_text(value: Json, width: int, names: TypeNames) -> str:
    """*value* in at most *width* characters; a known connector's id as its type."""
    known = names.get(value) if isinstance(value, str) else None
    return known or show(value, width)


def consequence_texts(consequences: Sequence[Consequence]) -> list[str]:
    """`first load: charges, refunds`: each effect once, with what it is on, worst first."""
    return [
        f"{'! ' if effect.weight is Weight.LOSS else ''}{effect_text(effect, on, detail)}"
        for effect, detail, on in effects_on(consequences)
    ]


def effects_on(
    consequences: Sequence[Consequence],
) -> Iterator[tuple[Effect, str, Sequence[str]]]:
    """Each effect with its detail once, and the parts that it is on."""
    subjects: dict[tuple[Effect, str], list[str]] = {}
    for consequence in consequences:
        named = subjects.setdefault((consequence.effect, consequence.detail), [])
        if consequence.subject:
            named.append(consequence.subject)
    return ((effect, detail, on) for (effect, detail), on in subjects.items())


def effect_text(effect: Effect, on: Sequence[str], detail: str) -> str:
    """`first load: charges, refunds (two words)`."""
    named = f": {safe(listed(on))}" if on else ""
    return f"{effect.title}{named}" + (f" ({safe(detail)})" if detail else "")


def jobs_text(histories: Sequence[JobHistory]) -> str:
    """What the connection of a row has synced; of a row of several, the sums."""
    if len(histories) == 1:
        return _job_text(histories[0])
    last = [history.last for history in histories if history.last]
    running = sum(bool(history.running) for history in histories)
    failed = sum(job.status != "succeeded" for job in last)
    never = sum(history == JobHistory() for history in histories)
    said = [
        f"last syncs {sum(job.rows or 0 for job in last):,} rows, "
        f"{size_text(sum(job.bytes or 0 for job in last))} in all",
        f"{running:,} running now" if running else "",
        f"{failed:,} did not succeed" if failed else "",
        f"{never:,} never synced" if never else "",
    ]
    return "; ".join(text for text in said if text)


def _job_text(history: JobHistory) -> str:
    """`last sync succeeded 3 h ago (1,204 rows, 3.1 MB, 12s)`, and that one runs right now."""
    if history == JobHistory():
        return "never synced"
    said = [f"a {history.running} runs now"] if history.running else []
    if job := history.last:
        age = f" {age_text(job.age_s)}" if job.age_s is not None else ""
        counters = [f"{job.rows:,} rows"] if job.rows is not None else []
        counters += [size_text(job.bytes)] if job.bytes is not None else []
        counters += [duration_text(job.duration)] if job.duration else []
        more = f" ({', '.join(counters)})" if counters else ""
        said.append(f"last {job.kind} {job.status}{age}{more}")
    return safe("; ".join(said))


def effect_counts(rows: Sequence[Row], *, own: bool = False) -> list[tuple[Effect, int]]:
    """How many rows have each effect, worst first, then in the table's order.

    With *own* only those that this change brings.
    """
    counts = dict.fromkeys(Effect, 0)
    for row in rows:
        for effect in row.own_effects if own else row.effects:
            counts[effect] += 1
    present = [(effect, count) for effect, count in counts.items() if count]
    return sorted(present, key=lambda pair: -pair[0].weight)


def verb_counts(rows: Sequence[Row]) -> dict[Verb, int]:
    """How many rows there are of each verb, those of which there is none included."""
    counts = dict.fromkeys(Verb, 0)
    for row in rows:
        counts[row.verb] += 1
    return counts


def undeclared_names(plan: TenantPlan) -> Iterator[str]:
    """The live objects that no manifest mentions: `source "Old Stripe"`."""
    for resource in plan.undeclared:
        yield f"{resource.key.kind} {show(resource.spec['name'], 40)}"
