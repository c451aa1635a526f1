"""Writes a project of many businesses: benchmarks/fleet.py DIR --tenants 1000 --shape files|set.

The same seed gives the same bytes. Both shapes say the same: a file for each tenant, or the
template of examples/fleet with a row for each. A business uses 5 to 10 of the template's sources.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FLEET = Path(__file__).parents[1] / "examples" / "fleet"
TEMPLATE = FLEET / "templates" / "marketing.yaml"

PLACES = """\
Harbor Alder Cedar Copper Juniper Maple North River Summit Willow Amber Birch Coral Dune Ember
Fern Granite Hazel Indigo Ivory Jasper Kestrel Laurel Meadow Nimbus Olive Pine Quartz Robin Sage
Tidal Umber Vale Wren Yarrow Zephyr Atlas Beacon Canyon Delta
"""
TRADES = """\
Coffee Dental Cycles Bakery Fitness Optics Outdoor Pets Toys Wines Books Ceramics Florals
Gardens Guitars Interiors Jewelry Kitchens Lighting Motors Nutrition Organics Pharmacy Prints
Roasters Running Sailing Skincare Spirits Stationery Surf Tailors Tea Textiles Travel Vision
Watches Yoga
"""
FORMS = {"US": ("Inc.", "LLC", "Co."), "EU": ("GmbH", "B.V.", "AS", "S.L.", "Ltd")}
SET = "version: 1\ntenants: {template: marketing, from: businesses.csv}\n"
SECRETS = {
    "shop": "shopify_token",
    "wholesale": "shopify_wholesale_token",
    "crm": "hubspot_token",
    "orders-db": "orders_db_password",
}


@dataclass(frozen=True, slots=True)
class Business:
    """One row: its key, the sources it uses, and its params."""

    tenant: str
    uses: list[str]
    params: Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Mix:
    """How many sources a business has, at least and at most; whether they have connections."""

    least: int = 5
    most: int = 10
    connected: bool = True


USUAL = Mix()


def businesses(count: int, *, seed: int = 1, mix: Mix = USUAL) -> Iterator[Business]:
    """That many different businesses; the first ones are the same whatever the count."""
    rng = random.Random(seed)
    names = [f"{place} {trade}" for place in PLACES.split() for trade in TRADES.split()]
    rng.shuffle(names)
    sources = _keys(TEMPLATE.read_text(encoding="utf-8"), "sources")
    for index in range(count):
        branch = index // len(names) + 1
        name = names[index % len(names)] + (f" {branch}" if branch > 1 else "")
        yield _business(name, sources, mix, rng)


def _business(name: str, sources: list[str], mix: Mix, rng: random.Random) -> Business:
    region = rng.choice(["US", "EU"])
    key = name.lower().replace(" ", "-")
    chosen = set(rng.sample(sources, rng.randint(mix.least, mix.most)))
    uses = [source for source in sources if source in chosen]
    params: dict[str, str | int | list[str]] = {
        "company": f"{name} {rng.choice(FORMS[region])}",
        "dataset": key.replace("-", "_"),
        "region": region,
        "tier": rng.choices(["gold", "silver", "bronze"], [1, 3, 6])[0],
        "since": f"{rng.randint(2020, 2024)}-{rng.randint(1, 12):02}-01",
        "minute": rng.randint(0, 59),
    }
    if chosen & {"payments", "subscriptions"}:
        params["stripe_account"] = f"acct_1{rng.getrandbits(60):015x}"
    if chosen & {"shop", "wholesale"}:
        params["shop"] = key
    if chosen & {"facebook", "instagram"}:
        accounts = rng.randint(1, 3)
        params["facebook_accounts"] = [str(rng.randrange(10**14, 10**15)) for _ in range(accounts)]
    if chosen & {"google-ads", "google-search"}:
        params["google_customer"] = str(rng.randrange(10**9, 10**10))
    if "orders-db" in chosen:
        params["db_host"] = f"replica.db.{key}.example"
    return Business(key, uses, params)


def write_fleet(
    folder: Path,
    *,
    tenants: int,
    shape: str = "files",
    seed: int = 1,
    url: str = "sandbox",
    mix: Mix = USUAL,
) -> None:
    """Writes the project into *folder*, which is emptied of an earlier fleet first."""
    for part in ("tenants", "templates"):
        shutil.rmtree(folder / part, ignore_errors=True)
    (folder / "tenants").mkdir(parents=True)
    write_project(folder, shape=shape, url=url)
    rows = list(businesses(tenants, seed=seed, mix=mix))
    if shape == "set":
        shutil.copytree(TEMPLATE.parent, folder / "templates")
        (folder / "tenants" / "businesses.yaml").write_text(SET, encoding="utf-8")
        (folder / "tenants" / "businesses.csv").write_text(as_csv(rows), encoding="utf-8")
    else:
        for business in rows:
            file = folder / "tenants" / f"{business.tenant}.yaml"
            text = as_manifest(business)
            if not mix.connected:
                text = text.partition("\nconnections:")[0] + "\n"
            file.write_text(text, encoding="utf-8")
    (folder / "secrets.yaml").write_text(as_secrets(rows), encoding="utf-8")


def write_project(folder: Path, *, shape: str, url: str) -> None:
    """Writes the project file, with an Airbyte at *url*."""
    (folder / "reconciler.yaml").write_text(_project(url, shape), encoding="utf-8")


def as_csv(rows: list[Business]) -> str:
    """The businesses as the rows of a tenant set."""
    columns = dict.fromkeys(name for row in rows for name in row.params)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["tenant", "uses", *columns])
    for row in rows:
        cells = (row.params.get(column, "") for column in columns)
        lists = (";".join(cell) if isinstance(cell, list) else cell for cell in cells)
        writer.writerow([row.tenant, ";".join(row.uses), *lists])
    return text.getvalue()


def as_manifest(business: Business) -> str:
    """The manifest of one business, as somebody would write it who has no templates."""
    text = TEMPLATE.read_text(encoding="utf-8")
    body = text[text.index("\nlabels:") :]
    for section in ("sources", "connections"):
        for key in _keys(body, section):
            if key not in business.uses:
                body = _without(body, section, key)
    head = f"# {business.params['company']}\n\nversion: 1\ntenant: {business.tenant}\n"
    return re.sub(r"\"?\$\{\{ (.*?) \}\}\"?", lambda found: _filled(found, business), head + body)


def _filled(found: re.Match[str], business: Business) -> str:
    """What stands in the place of one expression; secrets keep theirs."""
    whole, inside = found[0], found[1]
    if inside.startswith("secrets."):
        return whole
    if inside.startswith("secrets["):
        name = inside.partition(".")[2]
        return f"${{{{ secrets.{business.tenant}.{name} }}}}"
    value = business.params[inside.removeprefix("params.")]
    text = value if isinstance(value, str) else json.dumps(value)
    is_number = isinstance(value, str) and value.isdigit()
    quotes = [whole[:1] if whole[:1] == '"' else "", whole[-1:] if whole[-1:] == '"' else ""]
    if all(quotes) or is_number:
        return f'"{text}"' if is_number or isinstance(value, str) else text
    return f"{quotes[0]}{text}{quotes[1]}"


def _keys(text: str, section: str) -> list[str]:
    """The keys of a top-level section, in order."""
    return re.findall(r"^  ([a-z][\w-]*):$", _section(text, section), re.MULTILINE)


def _section(text: str, section: str) -> str:
    found = re.search(rf"^{section}:\n((?: .*\n|\n)*)", text, re.MULTILINE)
    assert found is not None, section
    return found[1]


def _without(text: str, section: str, key: str) -> str:
    block = re.search(rf"^  {key}:\n((?:   .*\n|\n)*)", _section(text, section), re.MULTILINE)
    assert block is not None, key
    return text.replace(block[0], "", 1)


def as_secrets(rows: list[Business]) -> str:
    """A secrets file with made-up values for everything the fleet needs."""
    shared = (
        "BIGQUERY_SERVICE_ACCOUNT",
        "FACEBOOK_SYSTEM_USER_TOKEN",
        "GOOGLE_ADS_CLIENT_SECRET",
        "GOOGLE_ADS_DEVELOPER_TOKEN",
        "GOOGLE_ADS_REFRESH_TOKEN",
        "STRIPE_PLATFORM_KEY",
    )
    lines = [f"{name}: made-up-{name.lower().replace('_', '-')}" for name in shared]
    for row in rows:
        own = [(name, source) for source, name in SECRETS.items() if source in row.uses]
        if own:
            lines.append(f"{row.tenant}:")
            lines += [f"  {name}: made-up-{row.tenant}-{source}" for name, source in own]
    return "\n".join(lines) + "\n"


def _project(url: str, shape: str) -> str:
    templates = "templates: templates\n" if shape == "set" else ""
    return f"""version: 1
manifests: tenants
{templates}defaultEnvironment: benchmark
environments:
  benchmark: {{url: "{url}", clientId: sandbox-client, clientSecret: sandbox-secret}}
secrets: {{provider: file, path: secrets.yaml}}
defaults: {{connections: {{nonBreakingSchemaUpdatesBehavior: propagate_columns}}}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument("--shape", choices=["files", "set"], default="files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default="sandbox")
    given = parser.parse_args()
    write_fleet(
        given.folder, tenants=given.tenants, shape=given.shape, seed=given.seed, url=given.url
    )
    print(f"{given.tenants} tenants in {given.folder}")


if __name__ == "__main__":
    main()
