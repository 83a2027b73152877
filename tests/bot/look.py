"""Draws the golden Slack messages and the e-mails, roughly as people see them: for looking at.

python -m tests.bot.look FOLDER writes slack.html, forward.html and summary.html there.
"""

import base64
import html
import json
import sys
from pathlib import Path
from typing import Any

from bot.email.message import compose
from tests.bot.deliveries import NOW, forwarded, summary
from tests.templates.stories import sample_story

GOLDEN = Path(__file__).parent.parent / "golden" / "slack"
STYLE = """
body{font:15px/1.47 Lato,Inter,'DejaVu Sans',sans-serif;margin:0;padding:24px;background:#fff;
color:#1d1c1d;columns:2;column-gap:32px}
section{break-inside:avoid;margin:0 0 28px;border:1px solid #ddd;border-radius:8px;padding:14px}
section>small{color:#888}h2{font-size:18px;margin:6px 0}p{margin:6px 0;white-space:pre-wrap}
.context{font-size:12.5px;color:#616061}.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px}
button,a.b{font:700 13px Lato,sans-serif;border:1px solid #bbb;border-radius:4px;background:#fff;
padding:5px 12px;margin:3px 6px 3px 0;display:inline-block;color:#1d1c1d;text-decoration:none}
img{max-width:360px;border-radius:8px;display:block;margin:6px 0}.row{display:flex;gap:12px}
.row p{flex:1}
"""


def text_of(part: dict[str, Any]) -> str:
    """A text object as HTML; it is escaped already."""
    shown = part["text"]
    if part["type"] == "mrkdwn" and shown.startswith("*"):
        bold, _, rest = shown[1:].partition("*")
        shown = f"<b>{bold}</b>{rest}"
    return str(shown)


def block_of(block: dict[str, Any], picture: str) -> str:
    """A block as HTML."""
    match block["type"]:
        case "header":
            return f"<h2>{text_of(block['text'])}</h2>"
        case "section" if "fields" in block:
            inner = "".join(f"<p>{text_of(f)}</p>" for f in block["fields"])
            return f"<div class=fields>{inner}</div>"
        case "section":
            beside = button_of(block["accessory"]) if "accessory" in block else ""
            return f"<div class=row><p>{text_of(block['text'])}</p>{beside}</div>"
        case "context":
            return "".join(f"<p class=context>{text_of(e)}</p>" for e in block["elements"])
        case "image":
            return f'<img src="{picture}" alt="{html.escape(block["alt_text"])}">'
        case "actions":
            return "".join(button_of(e) for e in block["elements"])
    raise ValueError(block["type"])


def button_of(element: dict[str, Any]) -> str:
    """A button as HTML."""
    return f"<a class=b>{text_of(element['text'])}</a>"


def main(folder: Path) -> None:
    """Write the pages."""
    from templates import chart

    drawn = chart.png(chart.svg(sample_story(), locale="en"))
    picture = "data:image/png;base64," + base64.b64encode(drawn).decode()
    shown = []
    for path in sorted(GOLDEN.glob("*.json")):
        blocks = json.loads(path.read_text("utf-8"))["blocks"]
        inner = "".join(block_of(b, picture) for b in blocks)
        shown.append(f"<section><small>{path.stem}</small>{inner}</section>")
    page = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{''.join(shown)}"
    (folder / "slack.html").write_text(page, "utf-8")
    for name, outgoing in (("forward", forwarded()), ("summary", summary())):
        made = compose(outgoing, sender="Northwind Reports <hello@northwind.test>", now=NOW)
        body = made.get_body(("html",))
        assert body is not None
        written = str(body.get_content()).replace("cid:chart", picture)
        (folder / f"{name}.html").write_text(written, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
