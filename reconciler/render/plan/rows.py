"""Plan → rows that every rendering shows: one resource's fate each, in words and safe texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.kinds import get
from reconciler.model import ALL, JobHistory, Json, PathStep, Ref, ResourceKey, Spec, workspace_key
from reconciler.model.changes import FieldChange, Mark
from reconciler.model.effects import Consequence, Effect, Weight
from reconciler.plan.model import Attribution, TenantPlan, Whose
from reconciler.plan.operation import Action, Cause, Create, Operation, Step
from reconciler.plan.summary import (
    effects_of,
    is_drift,
    own_effects_of,
    pairs_of,
    told_consequences,
)
from reconciler.render.parts.amounts import age_text, duration_text, size_text
from reconciler.render.parts.values import counted, listed, safe, show

TypeNames = Mapping[str, str]
"""Connector types by definition id: what people call a connector."""

NO_NAMES: TypeNames = {}


class Section(StrEnum):
    """Where a row stands: what is new, and what was there before anybody wrote a manifest."""

    CHANGES = "changes"
    OUTSIDE = "outside"
    DRIFT = "drift"


MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.REPLACE: "±", Action.DELETE: "-"}
"""The sign in front of a row, readable without colour."""

_CAUSES = {Cause.RETIRED: "retired", Cause.PRUNED: "no manifest mentions it"}


@dataclass(frozen=True, slots=True)
class Row:
    """One operation, as it is shown.

    `jobs` are there when they were asked for: those of its connection, or of all that the row
    stands for. `attribution` is there where the plan is held against that of a base.
    """

    operation: Operation
    jobs: tuple[JobHistory, ...] = ()
    attribution: Attribution | None = None

    @property
    def action(self) -> Action:
        return self.operation.action

    @property
    def key(self) -> ResourceKey:
        return self.operation.key

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        return self.operation.changes

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        """What all of it does to the data, worst first, each said once."""
        return told_consequences(self.operation)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The distinct effects, worst first."""
        return effects_of(self.operation)

    @property
    def own_effects(self) -> tuple[Effect, ...]:
        """The effects that only this change brings; all of them where the base has all as well."""
        return own_effects_of(self.operation, self.attribution)

    @property
    def section(self) -> Section:
        """Whether it only puts back what somebody changed in Airbyte, or is there without this."""
        if self.attribution is not None:
            return Section.DRIFT if is_drift(self.attribution) else Section.CHANGES
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
    return tuple(
        Row(operation, (plan.jobs[key],) if (key := operation.key) in plan.jobs else (), of)
        for operation, of in pairs_of(plan)
    )


def is_new_tenant(rows: Sequence[Row]) -> bool:
    """Whether the tenant's workspace is among what is created."""
    return any(r.action is Action.CREATE and r.key == workspace_key(r.key.scope) for r in rows)


def subject(operation: Operation | Step, *, titled: bool = True) -> str:
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
    why = [row.operation.reason or _CAUSES.get(row.operation.cause, ""), _before_too(row)]
    return safe("; ".join(text for text in why if text))


def _before_too(row: Row) -> str:
    """That the base would touch the resource as well, where no field says so."""
    of = row.attribution
    if of is None or of.whose is not Whose.BOTH or of.already:
        return ""
    if of.base_action is row.action:
        return f"already to {row.action}, otherwise"
    return f"already to {of.base_action}"


def in_short(row: Row, names: TypeNames, without: Collection[PathStep] = ()) -> str:
    """What a new resource is, in a few words that its kind chooses; nothing for other rows.

    Fields in *without* are left out.
    """
    if not isinstance(row.operation, Create):
        return ""
    spec = row.operation.desired.spec
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


def undeclared_names(plan: TenantPlan) -> Iterator[str]:
    """The live objects that no manifest mentions: `source "Old Stripe"`."""
    for resource in plan.undeclared:
        yield f"{resource.key.kind} {show(resource.spec['name'], 40)}"
