"""Operations and their steps: a replace is one operation, and two steps of the graph."""

from __future__ import annotations

from reconciler.live.tenant import LiveTenant
from reconciler.model import (
    DesiredResource,
    DesiredTenant,
    LiveResource,
    Origin,
    Ref,
    ResourceKey,
    workspace_key,
)
from reconciler.plan.build import build_plan
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import Action, Replace, Step
from reconciler.plan.record import step_record
from reconciler.plan.summary import sum_plan

SOURCE, LAKE, LINK = (
    ResourceKey(kind, "acme", "main") for kind in ("source", "destination", "connection")
)
WORKSPACE = workspace_key("acme")
ORIGIN = Origin("tenants/acme.yaml", 3, 1)


def spec_of(key: ResourceKey, definition: str) -> dict[str, object]:
    if key == WORKSPACE:
        return {"name": "Acme"}
    if key == LINK:
        ends = {"source": Ref("source", "main"), "destination": Ref("destination", "main")}
        return {"name": "Main", **ends}
    actor = {"workspace": Ref("workspace", ""), "definitionId": "lake", "configuration": {}}
    return {"name": "Main", **actor, **({"definitionId": definition} if key == SOURCE else {})}


def planned() -> TenantPlan:
    """The plan for a source that becomes one of another connector."""
    keys = (WORKSPACE, SOURCE, LAKE, LINK)
    desired = {key: DesiredResource(key, spec_of(key, "new"), ORIGIN) for key in keys}
    live = {key: LiveResource(key, spec_of(key, "old"), f"id-{key.kind}", {}) for key in keys}
    return build_plan(DesiredTenant("acme", {}, desired, ORIGIN), LiveTenant("acme", live, ()))


def test_a_replace_is_one_operation_and_two_steps_with_its_dependants_in_between() -> None:
    plan = planned()
    source, link = plan.operations
    assert (source.key, link.key) == (SOURCE, LINK)
    assert isinstance(source, Replace)
    assert isinstance(link, Replace)
    assert [step.id for step in plan.steps] == [
        f"create {SOURCE}",
        f"create {LINK}",
        f"delete {LINK}",
        f"delete {SOURCE}",
    ]
    assert {step.id: sorted(step.waits_for) for step in plan.steps} == {
        f"create {SOURCE}": [],
        f"create {LINK}": [f"create {SOURCE}"],
        f"delete {LINK}": [f"create {LINK}"],
        f"delete {SOURCE}": [f"create {SOURCE}", f"delete {LINK}"],
    }


def test_sums_count_a_replace_once_and_steps_count_it_twice() -> None:
    plan = Plan((planned(),))
    sums = sum_plan(plan).actions
    assert {action: n for action, n in sums.items() if n} == {Action.REPLACE: 2}
    assert [plan.count_steps(action) for action in Action] == [2, 0, 0, 2]


def test_a_plan_file_has_both_steps_of_a_replace_with_what_each_is_about() -> None:
    made, gone = (_record(step) for step in planned().steps if step.key == SOURCE)
    assert made == {"cause": "replaced", "definition": "new", "liveId": None, "line": 3}
    assert gone == {"cause": "replaced", "definition": None, "liveId": "id-source", "line": None}


def _record(step: Step) -> dict[str, object]:
    record = step_record(step)
    return {
        "cause": record["cause"],
        "definition": record.get("desired", {}).get("definitionId"),
        "liveId": record.get("liveId"),
        "line": record.get("origin", {}).get("line"),
    }
