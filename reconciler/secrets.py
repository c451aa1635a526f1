"""Where `${{ secrets.NAME }}` come from: the environment, for now the only provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model import SecretName


def from_environment(environ: Mapping[str, str]) -> Callable[[SecretName], str | None]:
    """A resolver that takes a secret from the environment variable of its name.

    An empty variable counts as missing: an empty password sent by accident is worse than a stop.
    """

    def resolve(secret: SecretName) -> str | None:
        return environ.get(secret.name) or secret.default

    return resolve
