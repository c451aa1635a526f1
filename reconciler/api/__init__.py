"""The Airbyte public API: one transport, one client; bodies in, bodies out."""
