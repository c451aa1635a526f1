"""Airbyte as code for many tenants: manifests in, a converged Airbyte out."""

__version__ = "0.1.0"
