"""The published registry of connectors, fetched over HTTP when it has changed."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from reconciler import __version__
from reconciler.model.credentials import public_address, without_userinfo
from reconciler.problems.errors import RegistryUnusable

TIMEOUT_S = (10.0, 60.0)  # to connect, and between two pieces of the answer
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """A registry as it was answered, and the ETag to ask with the next time."""

    content: bytes
    etag: str


def fetch_registry(url: str, etag: str) -> Fetched | None:
    """The registry at *url*; None when it is still the one of *etag*. Raises RegistryUnusable.

    The URL may have a name and a password, or a signature: no message shows them.
    """
    where = public_address(url)
    headers = {"User-Agent": f"airbyte-reconciler/{__version__}", "Accept": "application/json"}
    if etag:
        headers["If-None-Match"] = etag
    try:
        with requests.get(url, headers=headers, timeout=TIMEOUT_S, stream=True) as answer:
            if answer.status_code == requests.codes.not_modified and etag:
                return None
            if answer.status_code != requests.codes.ok:
                raise RegistryUnusable(where, f"the server answered {answer.status_code}")
            content = _read(answer, where)
            return Fetched(content, answer.headers.get("ETag", ""))
    except (requests.RequestException, UnicodeError) as problem:
        # Without its cause, whose text may have the whole URL, or that of a proxy.
        raise RegistryUnusable(where, f"it cannot be fetched: {_reason(problem)}") from None


def _read(answer: requests.Response, where: str) -> bytes:
    content = bytearray()
    for piece in answer.iter_content(1 << 20):
        content += piece
        if len(content) > MAX_BYTES:
            raise RegistryUnusable(where, f"it is larger than {MAX_BYTES // 1_000_000} MB")
    return bytes(content)


def _reason(problem: BaseException) -> str:
    """The innermost cause in words: what stands around it names our own libraries."""
    if isinstance(problem, ValueError):
        return "its address, or that of a proxy (HTTPS_PROXY, HTTP_PROXY), is no URL"
    inner: BaseException = problem
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    text = inner.strerror if isinstance(inner, OSError) and inner.strerror else str(inner)
    return without_userinfo(text) or type(inner).__name__
