"""Airbyte's masks in the place of secrets: what is wrong with a manifest that was copied from it.

Source: Airbyte public API. Reads show ten asterisks for a stored secret and six for a field that
OAuth manages; a create, and any write of what is not stored yet, takes them for the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model import OAUTH_MASK, Json, Path, Secret, is_mask
from reconciler.model.paths import value_at
from reconciler.problems import rules
from reconciler.problems.problem import At, Problem


def mask_at(path: Path, value: Json) -> Iterator[Problem]:
    """What is wrong with *value*, which stands for a secret at *path*, if it is a mask."""
    if is_mask(value):
        yield _masked(path, value)


def masks_at(block: Json, paths: Iterable[Path]) -> Iterator[Problem]:
    """A problem for each of the *paths*, at which *block* has a mask."""
    for path in paths:
        yield _masked(path, value_at(block, path))


def _masked(path: Path, value: Json) -> Problem:
    field = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    is_default = isinstance(value, Secret) and any(value.names)
    subject = f'The default of "{field}"' if is_default else f'"{field}"'
    if str(value).strip() == OAUTH_MASK:
        what = f"`{OAUTH_MASK}`, Airbyte's sign for a field that it manages by OAuth"
        hint = "Leave the field out where OAuth manages it; else write ${{ secrets.NAME }}."
    else:
        what = "asterisks, which Airbyte shows in the place of a secret"
        hint = "Write ${{ secrets.NAME }}, and give the value where `secrets:` of the project says."
    detail = f"{subject} is {what}, and not its value: sent, the asterisks would be the secret."
    return Problem(rules.MASK_IN_PLACE_OF_A_SECRET, At(path), detail, hint)
