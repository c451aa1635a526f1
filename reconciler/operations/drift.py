"""`drift`: what is no longer as the manifests have it, and who changed it. Sends only GETs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from reconciler.api.usage import COMPARING
from reconciler.ledger import Ledger
from reconciler.operations.console import Console
from reconciler.operations.exit_codes import ExitCode
from reconciler.operations.find_drift import Drift, find_drift
from reconciler.operations.loading import load_tenants
from reconciler.operations.open_project import OpenProject
from reconciler.operations.plan_files import place_of
from reconciler.operations.remembered import (
    forgotten_tenants,
    open_project_ledger,
    reveal_at_hand,
)
from reconciler.operations.session import connected
from reconciler.plan.file import Place
from reconciler.problems.errors import (
    AdoptionFailed,
    AmbiguousName,
    LedgerUnusable,
    ListingInconsistent,
)
from reconciler.project.selection import Selection

_REFUSALS = (AmbiguousName, AdoptionFailed, ListingInconsistent)


@dataclass(frozen=True, slots=True)
class FoundDrift:
    """The drift, the Airbyte that was looked at, and the tenants that only the ledger knows."""

    drift: Drift
    place: Place
    forgotten: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        """What could not be read may have drifted too, which is worse to miss than drift."""
        failures = [tenant.failure for tenant in self.drift.tenants if tenant.failure]
        if any(not isinstance(failure, _REFUSALS) for failure in failures):
            return ExitCode.FAILED
        if failures:
            return ExitCode.REFUSED
        return ExitCode.CHANGES if self.drift.is_any else ExitCode.DONE


def drift(
    project: OpenProject, console: Console, selection: Selection, *, secrets: bool = False
) -> FoundDrift:
    """What is managed and not as its manifest has it; with *secrets* also what was stored anew."""
    loaded = load_tenants(project, selection, console)
    opened = open_project_ledger(project, reveal_at_hand(project))
    with connected(project) as session, opened as ledger:
        with project.usage.phase(COMPARING):
            found = find_drift(session.client, loaded.tenants, ledger.of_tenant, secrets=secrets)
        _locate_secrets(found, ledger)
        left = forgotten_tenants(ledger, selection, loaded.declared)
    return FoundDrift(found, place_of(project.environment), left)


def _locate_secrets(found: Drift, ledger: Ledger) -> None:
    """Notes where secrets are kept that were looked at for the first time."""
    located = {key: each for tenant in found.tenants for key, each in tenant.located.items()}
    # A ledger that cannot be written spoils no report: the next look is again the first.
    with suppress(LedgerUnusable):
        for key, each in located.items():
            ledger.locate(key, each.id, each.coordinates)
