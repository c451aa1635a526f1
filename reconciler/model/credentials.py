"""Credentials where they enter: what cannot be one, and addresses without what lets one in.

Sources: RFC 9110 (field values), RFC 6750 (bearer tokens). No answer given here has a value in it:
libraries for HTTP put a header or a URL that they cannot use into their exception, whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

# A slash in a password ends the host too early: what then stands for a port is no number.
_USERINFO = re.compile(r"^(?:[^/?#]*@|[^/?#]*:(?!\d+[/?#]).*@)", re.DOTALL)
_USERINFO_INSIDE = re.compile(r"(?<=//)[^/\s]*@")
_UNSENDABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, broken text, line separators


def value_flaw(text: str) -> str:
    """Why *text* cannot be a name, a password or a client's secret; empty when it can."""
    return _odd_sign(text, _is_unsendable)


def token_flaw(text: str) -> str:
    """Why *text* cannot be a bearer token, which goes into a header as it is; empty when it can."""
    return _odd_sign(text, lambda sign: not "!" <= sign <= "~")


def address_flaw(url: str) -> str:
    """Why *url* cannot be the address of an API; empty when nothing speaks against it.

    Whether there is anything at that address, the first request tells.
    """
    if odd := _odd_sign(url, lambda sign: sign == " " or _is_unsendable(sign)):
        return odd
    if not url.startswith(("http://", "https://")):
        return "does not begin with http:// or https://"
    if _USERINFO.match(url.partition("://")[2]):
        return "has a name or a password before its host"
    if "?" in url or "#" in url:
        return "has a `?` or a `#`, behind which no path can be"
    return "" if _has_host(url) else "does not have a host and a port that could be"


def public_address(url: str) -> str:
    """*url* without what may let somebody in: name and password, query and fragment."""
    scheme, found, rest = url.partition("://")
    plain = _USERINFO.sub("", rest if found else url, count=1)
    return (scheme + found if found else "") + re.split(r"[?#]", plain)[0]


def without_userinfo(text: str) -> str:
    """*text* without the names and passwords of the URLs in it."""
    return _USERINFO_INSIDE.sub("", text)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_unsendable(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSENDABLE


def _odd_sign(text: str, is_odd: Callable[[str], bool]) -> str:
    for number, sign in enumerate(text, 1):
        if is_odd(sign):
            named = "a blank" if sign == " " else f"U+{ord(sign):04X}"
            return f"holds {named} as character {number} of {len(text)}"
    return ""
