"""The stages in order, for every command: load, connect, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from reconciler.api.auth import ClientCredentials, Credentials, Fixed, basic, bearer
from reconciler.api.client import Client
from reconciler.api.transport import Manners, Transport
from reconciler.apply.journal import Journal
from reconciler.apply.outcome import Report, Status
from reconciler.apply.perform import ResolveSecret, Surroundings, perform
from reconciler.apply.run import Conduct, run_plan
from reconciler.model import DesiredTenant, RememberedOf, SecretName
from reconciler.operations.planning import make_plan as make_plan
from reconciler.operations.planning import with_jobs as with_jobs
from reconciler.plan.model import Plan, TenantPlan
from reconciler.plan.operation import DeleteStep, Operation
from reconciler.plan.secrets import secrets_needed
from reconciler.project.project import Environment

_SECRETS_AT_ONCE = 8  # a provider may start a program for each


def connect(environment: Environment, manners: Manners) -> Client:
    """A client of that environment. Nothing is sent yet."""
    transport = Transport(environment.url, _credentials(environment), manners)
    return Client(transport, environment.organization_id)


def apply_plan(
    plan: Plan, surroundings: Surroundings, journal: Journal, conduct: Conduct
) -> Report:
    """Executes *plan*, whose tenants have all the secrets that it must send."""
    return run_plan(plan, lambda step, ids: perform(step, ids, surroundings, journal), conduct)


def not_in_effect(
    client: Client, tenants: Sequence[DesiredTenant], report: Report, remembered_of: RememberedOf
) -> tuple[TenantPlan, ...]:
    """What apply wrote and the API accepted, and what differs all the same when read again.

    *remembered_of* tells what is remembered by now: its ids may be all that tells things apart.
    """
    done = [o.step for o in report.outcomes if o.status is Status.SUCCEEDED]
    written = {step.key for step in done}
    # What the step wrote says more than the manifest: a field that is gone from that, too.
    wanted = {step.key: step.desired for step in done if not isinstance(step, DeleteStep)}
    touched = [
        replace(t, resources={key: wanted.get(key, r) for key, r in t.resources.items()})
        for t in tenants
        if any(key.scope == t.name for key in written)
    ]
    again = make_plan(client, touched, remembered_of=remembered_of)
    left = [
        replace(
            plan,
            steps=tuple(step for step in plan.steps if step.key in written),
            # What speaks against other operations says nothing of what was written.
            refusals=() if plan.live_ids else plan.refusals,
        )
        for plan in again.tenants
    ]
    return tuple(plan for plan in left if plan.steps or plan.refusals or plan.failure)


def _credentials(environment: Environment) -> Credentials:
    if environment.client_id:
        return ClientCredentials(environment.client_id, environment.client_secret)
    if environment.token:
        return bearer(environment.token)
    if environment.username:
        return basic(environment.username, environment.password)
    return Fixed(None)


def missing_secrets(plan: Plan, resolve: ResolveSecret) -> dict[str, list[Operation]]:
    """The secrets that *plan* has to send and nobody provides, each with what needs it.

    Each is asked for once, several at a time.
    """
    needed: dict[SecretName, list[Operation]] = {}
    for operation in plan.operations:
        for secret in dict.fromkeys(secrets_needed(operation)):
            needed.setdefault(secret, []).append(operation)
    with ThreadPoolExecutor(_SECRETS_AT_ONCE) as pool:
        list(pool.map(resolve, {secret.name: secret for secret in needed}.values()))
    missing: dict[str, list[Operation]] = {}
    for secret, operations in needed.items():
        if resolve(secret) is None:
            missing.setdefault(secret.name, []).extend(operations)
    return missing
