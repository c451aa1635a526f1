"""`# reconciler: allow RULE reason`: one rule silenced at one place, and no more."""

from __future__ import annotations

import pytest

from tests.support import Project

MANIFEST = """\
version: 1
tenant: acme
sources:
  shop:
    type: stripe
    configuration:
      account_id: acct_1
      client_secret: ${{{{ secrets.KEY }}}}
      {above}
      nickname: shop  {behind}
      moniker: shop
"""


def validate(project: Project, above: str = "", behind: str = "", *options: str) -> str:
    project.tenant(MANIFEST.format(above=above, behind=behind))
    result = project.run("validate", *options)
    assert "Traceback" not in result.output
    return result.output


def test_without_a_waiver_both_are_told(project: Project) -> None:
    assert validate(project).count("R205") == 2


@pytest.mark.parametrize("where", ["above", "behind"])
def test_a_waiver_silences_its_rule_at_its_place_only(project: Project, where: str) -> None:
    output = validate(project, **{where: "# reconciler: allow R205 read by our own jobs"})
    assert "10:7" not in output
    assert "11:7: warning: unknown field [R205]" in output
    assert output.count("[R") == 1


def test_other_comments_may_stand_between(project: Project) -> None:
    above = "# reconciler: allow R205 read by our own jobs\n\n      # the short name"
    assert "nickname" not in validate(project, above)


def test_another_rule_is_not_silenced(project: Project) -> None:
    output = validate(project, "# reconciler: allow R213 it is fine")
    assert output.count("R205") == 2
    assert "9:7: warning: unused waiver [R041]" in output
    assert "no R213 (secret in plain text) at line 10" in output


def test_a_waiver_that_silences_nothing_is_told(project: Project) -> None:
    output = validate(project, "# reconciler: allow R205 a\n      schema: 1")
    assert "unused" not in output
    output = validate(project, "# reconciler: allow R301 no streams here")
    assert "unused waiver [R041]" in output


def test_a_waiver_without_a_reason_works_and_is_told(project: Project) -> None:
    output = validate(project, "# reconciler: allow R205")
    assert "nickname" not in output
    assert "9:7: warning: waiver without a reason [R040]" in output


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# reconciler: ignore R205 x", "does not begin with `allow`"),
        ("# reconciler: allow", "does not begin with `allow`"),
        ("# reconciler: allow R999 x", "there is no rule R999"),
        ("# reconciler: allow R020 x", "an error that has to be corrected"),
    ],
)
def test_a_waiver_that_cannot_be_used_is_told(project: Project, comment: str, why: str) -> None:
    output = validate(project, comment)
    assert "9:7: warning: unusable waiver [R042]" in output
    assert why in output
    assert output.count("[R205]") == 2


def test_what_a_connectors_schema_refuses_may_be_waived(project: Project) -> None:
    comment = "# reconciler: allow R206 the connector we run takes text"
    output = validate(project, f"{comment}\n      slice_range: a")
    assert "R206" not in output


def test_a_waived_warning_is_no_error_under_strict(project: Project) -> None:
    output = validate(project, "", "# reconciler: allow R205 ours", "--strict")
    assert "error: unknown field [R205]" in output
    assert "nickname" not in output


def test_a_text_that_only_looks_like_a_waiver_is_none(project: Project) -> None:
    assert "R04" not in validate(project, "schema: 'x#reconciler: allow'")
