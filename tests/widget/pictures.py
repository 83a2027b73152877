"""Takes the widget's pictures of docs/pictures out of the playground: moments, states and places.

.venv/bin/python -m tests.widget.pictures
"""

import base64
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, expect, sync_playwright

from tests.api.live import live
from tests.backends import Backend
from tests.bot.pictures import FOLDER, WEBP
from tests.browser import ARGS, chromium

ASK = {"moment": "pace/ask"}
SHOWN: dict[str, tuple[int, dict[str, str]]] = {
    "widget-ask": (960, {**ASK, "bare": "1"}),
    "widget-ask-dark": (960, {**ASK, "bare": "1", "theme": "dark"}),
    "widget-why": (960, {**ASK, "bare": "1", "do": "why"}),
    "widget-form": (960, {**ASK, "bare": "1", "do": "form"}),
    "widget-sending": (960, {**ASK, "bare": "1", "do": "forward"}),
    "widget-put-off": (960, {**ASK, "bare": "1", "do": "snooze"}),
    "widget-refused": (960, {**ASK, "bare": "1", "do": "refused"}),
    "widget-notice": (960, {"moment": "at_limit/notice", "bare": "1"}),
    "widget-reflection": (960, {"moment": "milestone/reflection", "bare": "1"}),
    "widget-german": (960, {**ASK, "bare": "1", "locale": "de"}),
    "widget-rtl": (960, {**ASK, "bare": "1", "dir": "rtl"}),
    "widget-phone": (360, {**ASK, "bare": "1"}),
    "widget-in-the-page": (1100, ASK),
    "widget-at-the-top": (1100, {**ASK, "place": "top"}),
    "widget-in-the-corner": (1100, {**ASK, "place": "corner"}),
}
_HEIGHT = 760


def main() -> None:
    """Take them all anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        live(Backend("sqlite", Path(folder), None)) as world,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        for name, (width, choice) in SHOWN.items():
            picture = _taken(browser, f"{world.url}/widget/playground/app?", width, choice)
            (FOLDER / f"{name}.webp").write_bytes(picture)
        browser.close()


def _taken(browser: Browser, address: str, width: int, choice: dict[str, str]) -> bytes:
    bare = "bare" in choice
    page = browser.new_page(
        viewport={"width": width, "height": 100 if bare else _HEIGHT},
        device_scale_factor=1.5,
        reduced_motion="reduce",
    )
    page.goto(address + urlencode(choice))
    expect(page.locator("segue-banner .card")).to_be_visible()
    page.wait_for_timeout(400)
    png = page.screenshot(full_page=bare)
    shrinking = browser.new_page()
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    small = base64.b64decode(shrinking.evaluate(WEBP, url))
    shrinking.close()
    page.close()
    return small


if __name__ == "__main__":
    main()
