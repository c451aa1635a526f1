"""A hook of mkdocs: what a page links outside of docs/ is a file of the repository, and no page."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]*)\]\((?:\.\./)+[^)]*\)")


def on_page_markdown(markdown: str, **_context: Any) -> str:
    """*markdown* with such links as their text alone."""
    return _OUTSIDE.sub(r"\1", markdown)
