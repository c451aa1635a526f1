"""Source: where data comes from. Source: Airbyte public API, /sources."""

from reconciler.kinds._actor import actor_kind

KIND = actor_kind("source")
