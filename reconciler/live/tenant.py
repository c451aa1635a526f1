"""LiveTenant: what the API has of one tenant, and what of it is not there and will not be."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.kinds.contract.terms import Absence
from reconciler.model import LiveResource, State


@dataclass(frozen=True, slots=True)
class LiveTenant:
    """One tenant as the API has it: the declared resources found, and whatever else lives there.

    `absent` are declared resources that are not there and that nothing is going to make.
    """

    name: str
    resources: State[LiveResource]
    undeclared: tuple[LiveResource, ...]
    absent: State[Absence] = field(default_factory=dict)
