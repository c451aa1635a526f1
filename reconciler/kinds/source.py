"""Source: where data comes from. Source: Airbyte public API, /sources."""

from reconciler.kinds.actor.actor import actor_kind

KIND = actor_kind("source")
