"""Pages behind a link: private, alone, with nothing in them that runs or is loaded."""

from collections.abc import Mapping
from typing import Any
from unicodedata import category

from litestar import MediaType, Response

from service.case import Page

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Headers of what is behind a link that nobody else is to find."""


def said(form: Mapping[str, Any], name: str) -> str:
    """What somebody wrote into a field, without characters that nobody sees.

    No database keeps a NUL, and forms end a line by two characters that were typed as one.
    """
    text = str(form.get(name) or "").replace("\r\n", "\n")
    return "".join(c for c in text if c in "\n\t" or category(c) != "Cc")


def answer(shown: Page, *, forms: bool = False) -> Response[str]:
    """The page with the headers that keep it so; `forms`: it may send one to its own site."""
    target = "'self'" if forms else "'none'"
    policy = (
        f"default-src 'none'; style-src {shown.style}; img-src data:; "
        f"form-action {target}; base-uri 'none'; frame-ancestors 'none'"
    )
    return Response(
        shown.html,
        status_code=shown.status,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": policy, **PRIVATE},
    )
