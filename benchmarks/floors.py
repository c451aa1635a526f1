"""The least that a plan could do, as programs to hold it against.

    python -m benchmarks.floors files FOLDER
    python -m benchmarks.floors pages URL LIST
    python -m benchmarks.floors both FOLDER URL LIST

`files` parses every YAML file with libyaml and drops it. `pages` fetches the paths of a JSON list,
as many at a time as a plan begins with, decodes each, drops it: no paging to discover, no order, no
errors, no retries. `both` is one after the other.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.api.throttle import START


def files(folder: str) -> None:
    """Bare CSafeLoader over the files that a reconciler has to read."""
    import yaml

    for file in Path(folder).rglob("*.yaml"):
        if file.name != "secrets.yaml":
            yaml.load(file.read_bytes(), yaml.CSafeLoader)


def pages(url: str, listing: str) -> None:
    """A bare loop over pages."""
    import requests

    body = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    token = requests.post(f"{url}/applications/token", json=body, timeout=60).json()
    header = {"Authorization": f"Bearer {token['access_token']}"}
    local = threading.local()

    def fetch(path: str) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        answer = local.session.get(url + path, headers=header, timeout=600)
        answer.raise_for_status()
        answer.json()

    with ThreadPoolExecutor(START) as pool:
        for _ in pool.map(fetch, json.loads(Path(listing).read_text())):
            pass


def main() -> None:
    what, *where = sys.argv[1:]
    if what in ("files", "both"):
        files(where[0])
    if what in ("pages", "both"):
        pages(*where[-2:])


if __name__ == "__main__":
    main()
