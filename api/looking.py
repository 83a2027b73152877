"""Who opens a page: a person, as far as a request can tell, or a machine ahead of one."""

import re
from collections.abc import Mapping

_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_MACHINE = re.compile(
    r"bot[/-]|crawl|spider|preview|proxy|scan|expand|unfurl|facebookexternalhit|skypeuri",
    re.IGNORECASE,
)


def person(headers: Mapping[str, str]) -> bool:
    """Not a prefetch, a link preview or a scanner that says so."""
    ahead = any("fetch" in headers.get(h, "") or "preview" in headers.get(h, "") for h in _AHEAD)
    agent = headers.get("user-agent", "")
    return not ahead and agent.startswith("Mozilla/") and not _MACHINE.search(agent)
