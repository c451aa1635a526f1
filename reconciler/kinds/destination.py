"""Destination: where data goes. Source: Airbyte public API, /destinations."""

from reconciler.kinds.actor.actor import actor_kind

KIND = actor_kind("destination", single_section="destination")
