"""Live tenants → manifests that plan empty."""
