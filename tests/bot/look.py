"""Draws the golden Slack messages and the e-mails, roughly as people see them: for looking at.

python -m tests.bot.look FOLDER writes slack.html, desk.html, forward.html and summary.html there.
"""

import base64
import html
import json
import sys
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.email.message import compose
from engine.alert import AlertClass
from templates import chart, labels, replay_chart
from templates.replay_chart import Week
from tests.bot.deliveries import NOW, forwarded, summary
from tests.templates.stories import sample_story

GOLDEN = Path(__file__).parent.parent / "golden" / "slack"
DESK = GOLDEN.parent / "slack_desk"
STYLE = """
body{font:15px/1.47 Lato,Inter,'DejaVu Sans',sans-serif;margin:0;padding:24px;background:#fff;
color:#1d1c1d;columns:2;column-gap:32px}
section{break-inside:avoid;margin:0 0 28px;border:1px solid #ddd;border-radius:8px;padding:14px}
section>small{color:#888}h2{font-size:18px;margin:6px 0}p{margin:6px 0;white-space:pre-wrap}
.context{font-size:12.5px;color:#616061}.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px}
button,a.b{font:700 13px Lato,sans-serif;border:1px solid #bbb;border-radius:4px;background:#fff;
padding:5px 12px;margin:3px 6px 3px 0;display:inline-block;color:#1d1c1d;text-decoration:none}
img{max-width:360px;border-radius:8px;display:block;margin:6px 0}.row{display:flex;gap:12px}
.row p{flex:1}hr{border:0;border-top:1px solid #ddd;margin:14px 0}label{font-weight:700}
.box{border:1px solid #bbb;border-radius:4px;padding:5px 10px;margin:4px 6px 4px 0;min-width:90px;
display:inline-block}.modal{box-shadow:0 2px 14px #0003}
body.dark{background:#1a1d21;color:#d1d2d3}.dark section{border-color:#35373b}
.dark .context,.dark section>small{color:#ababad}.dark button,.dark a.b{background:#222529;
color:#d1d2d3;border-color:#565856}.dark hr{border-color:#35373b}.dark .box{border-color:#565856}
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
        case "divider":
            return "<hr>"
        case "input":
            hint = f"<p class=context>{text_of(block['hint'])}</p>" if "hint" in block else ""
            return f"<p><label>{text_of(block['label'])}</label></p>{_field(block)}{hint}"
    raise ValueError(block["type"])


def _field(block: dict[str, Any]) -> str:
    return button_of(block["element"])


def button_of(element: dict[str, Any]) -> str:
    """A button, or a field of a form, as HTML."""
    match element["type"]:
        case "static_select" | "users_select" | "radio_buttons":
            chosen = element.get("initial_option") or element
            shown = chosen.get("text") or element.get("placeholder") or {"text": ""}
            return f"<span class=box>{element.get('initial_user') or shown['text']} ▾</span>"
        case "timepicker":
            return f"<span class=box>{element['initial_time']} ▾</span>"
        case "plain_text_input":
            return f"<span class=box>{html.escape(element.get('initial_value', ''))}</span>"
    return f"<a class=b>{text_of(element['text'])}</a>"


def desk(theme: str) -> str:
    """What /segue answers, the forms and the homes as one page."""
    shown = []
    for path in sorted(DESK.glob("*.json")):
        found = json.loads(path.read_text("utf-8"))
        for n, body in enumerate(found if isinstance(found, list) else [found]):
            inner = "".join(block_of(b, _picture(path.stem)) for b in body["blocks"])
            if "title" in body:
                inner = f"<h2>{text_of(body['title'])}</h2>{inner}"
                inner += (
                    button_of(body["submit"] | {"type": "", "text": body["submit"]})
                    if ("submit" in body)
                    else ""
                )
            name = f"{path.stem} {n + 1}" if isinstance(found, list) else path.stem
            kind = " class=modal" if body.get("type") == "modal" else ""
            shown.append(f"<section{kind} id={path.stem}><small>{name}</small>{inner}</section>")
    head = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>"
    return f"{head}<body class={theme}>{''.join(shown)}"


@cache
def _picture(name: str) -> str:
    """The chart of a replay, or that of a message, as an address of its own."""
    made = replay() if name == "simulate" else chart.png(chart.svg(sample_story(), locale="en"))
    return "data:image/png;base64," + base64.b64encode(made).decode()


def replay() -> bytes:
    """A chart of a replay with something in it."""
    weeks = [
        Week(
            first=date(2026, 8, 31) + timedelta(weeks=n),
            counts=tuple(zip(AlertClass, (n % 3, n // 4, (n * 5) % 4), strict=True)),
        )
        for n in range(12)
    ]
    names = [(kind, labels.class_name(kind, "en")) for kind in AlertClass]
    return replay_chart.picture(weeks, names, labels.replay_title("en"), "en")


def main(folder: Path) -> None:
    """Write the pages."""
    picture = _picture("message")
    shown = []
    for path in sorted(GOLDEN.glob("*.json")):
        blocks = json.loads(path.read_text("utf-8"))["blocks"]
        inner = "".join(block_of(b, picture) for b in blocks)
        shown.append(f"<section><small>{path.stem}</small>{inner}</section>")
    page = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{''.join(shown)}"
    (folder / "slack.html").write_text(page, "utf-8")
    for theme in ("light", "dark"):
        (folder / f"desk.{theme}.html").write_text(desk(theme), "utf-8")
    for name, outgoing in (("forward", forwarded()), ("summary", summary())):
        made = compose(outgoing, sender="Northwind Reports <hello@northwind.test>", now=NOW)
        body = made.get_body(("html",))
        assert body is not None
        written = str(body.get_content()).replace("cid:chart", picture)
        (folder / f"{name}.html").write_text(written, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
