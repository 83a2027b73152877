"""The page on which vendors try the widget: every moment, language, dress and place it may have.

The widget in it is the one vendors embed; only what it is told comes from samples, not from a
database, so nothing said on it goes anywhere.
"""

import json
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.static_files import create_static_files_router

from service import banner

_FOLDER = Path(__file__).parent.parent / "widget" / "playground"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_PAGES = {"": "index.html", "/app": "app.html"}


def routes() -> list[Any]:
    """The page, the app in its frames, and what the widget is told there."""
    files = create_static_files_router(
        path="/widget/playground/files",
        directories=[_FOLDER],
        cache_control=None,
        include_in_schema=False,
    )
    pages = [_page(f"/widget/playground{path}", name) for path, name in _PAGES.items()]

    @get("/widget/playground/samples", sync_to_thread=True, include_in_schema=False)
    def samples() -> Response[bytes]:
        told = json.dumps(banner.samples_by_language())
        return Response(told.encode(), media_type="application/json")

    return [files, *pages, samples]


def _page(path: str, name: str) -> Any:
    @get(path, sync_to_thread=True, include_in_schema=False, name=f"playground {name}")
    def page() -> Response[str]:
        html = (_FOLDER / name).read_text("utf-8")
        headers = {"Content-Security-Policy": _POLICY}
        return Response(html, media_type="text/html", headers=headers)

    return page
