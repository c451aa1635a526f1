"""The stages in order, for every command: load, connect, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler.api.auth import ClientCredentials, Credentials, Fixed, basic, bearer
from reconciler.api.client import Client
from reconciler.api.transport import Manners, Transport
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import ResolveSecret, Surroundings, perform
from reconciler.apply.run import Steps, run_plan
from reconciler.connectors import Catalogue
from reconciler.desired import build_tenant, check_fleet
from reconciler.errors import (
    Diagnostic,
    ManifestError,
    SecretsMissing,
    Severity,
)
from reconciler.manifest.discover import TenantFiles, discover, shown
from reconciler.manifest.project import Environment, Project
from reconciler.manifest.tenant import read_manifest
from reconciler.manifest.waivers import Waiver, read_waivers, without_waived
from reconciler.model import DesiredTenant
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.secrets import secrets_needed
from reconciler.planning import make_plan as make_plan
from reconciler.selection import Candidate, Selection

_SECRETS_AT_ONCE = 8  # a provider may start a program for each


@dataclass(frozen=True, slots=True)
class Loaded:
    """The selected tenants, by name, and what is doubtful in their manifests but no error."""

    tenants: tuple[DesiredTenant, ...]
    warnings: tuple[Diagnostic, ...]


def load(
    project: Project,
    selection: Selection,
    environ: Mapping[str, str],
    catalogue: Catalogue,
    *,
    strict: bool = False,
) -> Loaded:
    """The selected tenants as their manifests describe them; *strict* sharpens some warnings.

    Raises ManifestError with every mistake in them (one in a tenant that is not selected does not
    count), UsageError for a selector that fits nothing.
    """
    found, problems = discover(project.manifests)
    readings = [_read_tenant(files, project, environ, catalogue) for files in found]
    candidates = [reading.candidate for reading in readings]
    if not selection.is_everything:
        selection.check(candidates)
    selected = [r for r in readings if selection.selects(r.candidate)]
    files = {shown(file) for reading in selected for file in reading.candidate.files.files}
    fleet = check_fleet([r.tenant for r in readings if r.tenant is not None])
    if not selection.is_everything and found:
        problems = []
    found_inside = [problem for reading in selected for problem in reading.problems]
    problems += without_waived(found_inside, [w for r in selected for w in r.waivers])
    problems += [p for p in fleet if p.origin and p.origin.path in files]
    if strict:
        problems = [problem.strictly() for problem in problems]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise ManifestError(problems)
    tenants = sorted((r.tenant for r in selected if r.tenant), key=lambda tenant: tenant.name)
    return Loaded(tuple(tenants), tuple(problems))


def connect(environment: Environment, manners: Manners) -> Client:
    """A client of that environment. Nothing is sent yet."""
    return Client(Transport(environment.url, _credentials(environment), manners))


def apply_plan(plan: Plan, surroundings: Surroundings, journal: Journal, steps: Steps) -> Report:
    """Executes *plan*. Raises SecretsMissing before anything is sent."""
    _check_secrets(plan, surroundings.resolve_secret)
    return run_plan(
        plan, lambda operation, ids: perform(operation, ids, surroundings, journal), steps
    )


def not_in_effect(
    client: Client, tenants: Sequence[DesiredTenant], report: Report
) -> tuple[TenantPlan, ...]:
    """What apply wrote and the API accepted, and what differs all the same when read again."""
    done = [o.operation for o in report.outcomes if o.status is Status.SUCCEEDED]
    written = {operation.key for operation in done}
    # What the operation wrote says more than the manifest: a field that is gone from that, too.
    wanted = {op.key: op.desired for op in done if op.desired is not None}
    touched = [
        replace(t, resources={key: wanted.get(key, r) for key, r in t.resources.items()})
        for t in tenants
        if any(key.scope == t.name for key in written)
    ]
    again = make_plan(client, touched)
    left = [
        replace(plan, operations=tuple(op for op in plan.operations if op.key in written))
        for plan in again.tenants
    ]
    return tuple(plan for plan in left if plan.operations or plan.failure)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One tenant's files as they were read; no tenant when they cannot be understood."""

    candidate: Candidate
    tenant: DesiredTenant | None
    problems: tuple[Diagnostic, ...]
    waivers: tuple[Waiver, ...] = ()


def _read_tenant(
    files: TenantFiles, project: Project, environ: Mapping[str, str], catalogue: Catalogue
) -> _Reading:
    try:
        manifest = read_manifest(files, environ)
    except ManifestError as problem:
        return _Reading(Candidate(files.guessed_name, {}, files), None, problem.diagnostics)
    tenant, problems = build_tenant(manifest, project.defaults, catalogue)
    waivers = [w for each in manifest.documents for w in read_waivers(each.text, each.path)]
    candidate = Candidate(tenant.name, tenant.labels, files)
    return _Reading(candidate, tenant, tuple(problems), tuple(waivers))


def _credentials(environment: Environment) -> Credentials:
    if environment.client_id:
        return ClientCredentials(environment.client_id, environment.client_secret)
    if environment.token:
        return bearer(environment.token)
    if environment.username:
        return basic(environment.username, environment.password)
    return Fixed(None)


def _check_secrets(plan: Plan, resolve: ResolveSecret) -> None:
    """Has every secret of the plan looked up, several at a time."""
    needed = [
        (secret, str(operation.key))
        for operation in plan.operations
        for secret in secrets_needed(operation)
    ]
    with ThreadPoolExecutor(_SECRETS_AT_ONCE) as pool:
        list(pool.map(resolve, {secret.name: secret for secret, _ in needed}.values()))
    missing = dict.fromkeys((secret.name, key) for secret, key in needed if resolve(secret) is None)
    if missing:
        raise SecretsMissing(list(missing))
