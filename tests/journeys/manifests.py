"""Small manifests that tests start from."""

from __future__ import annotations

from typing import Any

ENVIRON = {"STRIPE_KEY": "sk_planted_stripe", "BQ_KEY": "planted-bigquery-key"}


def acme(**changes: Any) -> dict[str, Any]:
    """A tenant with a source, a destination and a connection; *changes* replace whole sections."""
    return {
        "version": 1,
        "tenant": "acme",
        "workspace": {"name": "Acme Inc"},
        "sources": {"stripe": stripe()},
        "destination": bigquery(),
        "connections": {
            "stripe": {
                "schedule": {"scheduleType": "cron", "cronExpression": "0 0 2 * * ?"},
                "streams": [
                    {"name": "customers", "syncMode": "incremental_deduped_history"},
                    {"name": "invoices", "selectedFields": ["id", "customer", "amount_due"]},
                ],
            }
        },
        **changes,
    }


def moved(**connections: Any) -> dict[str, Any]:
    """Acme with a second destination, which its connection now goes to; *connections* are more."""
    content = acme(destinations={"destination": bigquery(), "lake": bigquery(dataset_id="lake")})
    del content["destination"]
    content["connections"]["stripe"]["destination"] = "lake"
    content["connections"] |= connections
    return content


def stripe(**configuration: Any) -> dict[str, Any]:
    """A Stripe source."""
    return {
        "type": "stripe",
        "configuration": {
            "account_id": "acct_123",
            "client_secret": "${{ secrets.STRIPE_KEY }}",
            "start_date": "2023-07-01T00:00:00Z",
            **configuration,
        },
    }


def bigquery(**configuration: Any) -> dict[str, Any]:
    """A BigQuery destination."""
    return {
        "type": "bigquery",
        "configuration": {
            "project_id": "123",
            "dataset_id": "acme",
            "dataset_location": "US",
            "credentials_json": "${{ secrets.BQ_KEY }}",
            **configuration,
        },
    }


def tenant(name: str, *connections: str) -> dict[str, Any]:
    """A tenant of test data with these connections; none runs by itself or needs a secret."""
    faker = {"type": "faker", "configuration": {"count": 1}}
    lake = {"host": "db", "port": 5432, "database": "d", "username": "u", "schema": "public"}
    return {
        "version": 1,
        "tenant": name,
        "sources": dict.fromkeys(connections, faker),
        "destination": {"type": "postgres", "configuration": lake},
        "connections": {key: {"streams": [{"name": "users"}]} for key in connections},
    }
