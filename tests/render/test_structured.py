"""Plans as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.plan.file import Place, read_plan_file, write_plan
from reconciler.plan.model import Plan
from tests.render.plans import PLANTED, everything, hostile, rescheduled

Golden = Callable[[str, str], None]
PLACE = Place("production", "https://airbyte.test/v1")
SCHEMA = Path(__file__).parents[2] / "schemas" / "plan.schema.json"


def rendered(plan: Plan) -> str:
    return write_plan(plan, PLACE, {"replace": []})


def document(plan: Plan) -> Any:
    return json.loads(rendered(plan))


def test_a_plan_with_everything_as_json(golden: Golden) -> None:
    golden("plan-json", rendered(everything()))


def test_json_follows_its_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for plan in (everything(), hostile(), Plan(()), Plan((rescheduled("a"),))):
        problems = [
            error.message for error in Draft202012Validator(schema).iter_errors(document(plan))
        ]
        assert problems == []


def test_json_is_only_ascii_and_keeps_every_name() -> None:
    text = rendered(hostile())
    assert text.isascii()
    names = [tenant["tenant"] for tenant in json.loads(text)["tenants"]]
    assert names == [tenant.tenant for tenant in hostile().tenants]


def test_json_names_secrets_and_has_none() -> None:
    text = rendered(everything())
    assert PLANTED not in text
    assert '{"$secret": ["STRIPE_KEY"]}' in text


def test_every_operation_of_the_plan_is_in_the_json() -> None:
    plan = everything()
    ids = {op["id"] for tenant in document(plan)["tenants"] for op in tenant["operations"]}
    assert ids == {step.id for tenant in plan.tenants for step in tenant.steps}


def test_only_what_may_be_applied_is_read_back_from_a_plan_file() -> None:
    plan = everything()
    file = read_plan_file(rendered(plan), "plan.json")
    assert set(file.operations) == {op.key.scope for op in plan.operations}
    assert file.place == PLACE
