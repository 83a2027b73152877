"""Takes the pictures of docs/pictures: the main Slack messages, drawn from their golden payloads.

.venv/bin/python -m tests.bot.pictures
"""

import base64
import json
from pathlib import Path

from playwright.sync_api import sync_playwright

from templates import chart
from tests.bot.look import DESK, GOLDEN, STYLE, block_of, replay
from tests.browser import ARGS, chromium
from tests.templates.stories import sample_story

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {
    "slack-summary": GOLDEN / "summary.json",
    "slack-manager": GOLDEN / "forward_manager.json",
    "slack-home": DESK / "customer_home.json",
    "slack-admin": DESK / "home_admin.json",
    "slack-why": DESK / "why.json",
}
ALONE = """
body{columns:1;padding:14px;width:620px;box-sizing:border-box}
section{margin:0;border-radius:10px;padding:16px 20px}
.who{display:flex;gap:9px;align-items:center;margin:0 0 8px;font-size:13px;color:#616061}
.who b{color:#1d1c1d;font-size:15px}.who i{font:700 10px Lato,sans-serif;background:#e8e8e8;
padding:2px 4px;border-radius:3px}.who span{width:34px;height:34px;border-radius:8px;background:
#0b6b5f;color:#fff;font:700 17px/34px Lato,sans-serif;text-align:center}
a.b{font-family:Lato,Inter,sans-serif;font-weight:600}
"""
WEBP = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(png)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const small = await canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
  const bytes = new Uint8Array(await small.arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""
"""The browser is the only one here who knows how to make a picture small."""
WHO = "<p class=who><span>S</span><b>Segue</b><i>APP</i></p>"


def page(payload: Path) -> str:
    """One message, as wide as Slack shows it."""
    found = json.loads(payload.read_text("utf-8"))
    last = found[-1] if isinstance(found, list) else found
    drawn = (
        replay() if payload.parent == DESK else chart.png(chart.svg(sample_story(), locale="en"))
    )
    inner = "".join(block_of(block, _url(drawn)) for block in last["blocks"])
    style = f"<style>{STYLE}{ALONE}</style>"
    return f"<!doctype html><meta charset=utf-8>{style}<section>{WHO}{inner}</section>"


def _url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def main() -> None:
    """Take them all anew."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        shot = browser.new_page(viewport={"width": 620, "height": 400}, device_scale_factor=1.5)
        for name, payload in SHOWN.items():
            shot.set_content(page(payload))
            png = _url(shot.screenshot(full_page=True))
            (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(shot.evaluate(WEBP, png)))
        browser.close()


if __name__ == "__main__":
    main()
