"""What an account of the demo's vendor might see: one ask, its meters, and the pages around it."""

from typing import Any

from templates.labels import widget_labels

AS_OF = "2026-11-14T09:00:00+01:00"


def meter(**changes: Any) -> dict[str, Any]:
    return {
        "key": "reports",
        "name": "Reports",
        "used": 8420,
        "limit": 10000,
        "period_end": "2026-12-01",
        "at_limit": "continues",
        "sentence": "8,420 of 10,000 reports used. At this pace 10,000 is reached around 22–26 "
        "November; nothing stops then.",
        "forecast": {"low": "2026-11-22", "mid": "2026-11-24", "high": "2026-11-26"},
        **changes,
    }


def ask(**changes: Any) -> dict[str, Any]:
    return {
        "id": "al_1",
        "class": "ask",
        "moment": "pace",
        "meter": "reports",
        "title": "Your team delivered 8,420 reports this month",
        "body": "That is up from 5,100 in August. At this pace you pass the 10,000 included in "
        "Team around 22–26 November. Nothing stops when that happens. If you’d like to plan "
        "ahead, here is what Business would look like.",
        "facts": [
            {"id": "reports.used", "label": "Reports this month", "value": "8,420", "as_of": AS_OF},
            {"id": "reports.past", "label": "In August", "value": "5,100", "as_of": AS_OF},
            {"id": "reports.limit", "label": "In Team", "value": "10,000", "as_of": AS_OF},
        ],
        "actions": [
            {"kind": "open", "label": "See Business", "url": "https://app.example.com/billing"},
            {"kind": "forward", "label": "Send to Fiona", "to": "fiona"},
            {"kind": "useful", "label": "Useful"},
            {"kind": "snooze", "label": "Not now"},
            {"kind": "mute", "label": "Don’t suggest this again"},
        ],
        "why": [
            "Your team has delivered reports in each of the last 8 weeks.",
            "Usage is heading for the 10,000 reports included in Team this month.",
            "It is 63 days since we last suggested anything.",
        ],
        "returns": "2027-01-13",
        **changes,
    }


def notice(**changes: Any) -> dict[str, Any]:
    return ask(
        **{
            "id": "al_2",
            "class": "notice",
            "moment": "approaching",
            "title": "8,420 of 10,000 reports used this month",
            "body": "At 10,000, new reports wait until 1 December. Reports already delivered "
            "stay available.",
            "facts": [],
            "actions": [{"kind": "dismiss", "label": "Close"}],
            "why": ["Work stops at this limit, so you hear of it beforehand."],
            "returns": None,
            **changes,
        }
    )


def asking_whom() -> dict[str, Any]:
    """The same ask for somebody whose approvers are not known yet."""
    actions = [action for action in ask()["actions"] if action["kind"] != "forward"]
    actions.insert(1, {"kind": "forward", "label": "Send to someone"})
    return ask(actions=actions)


def state(**changes: Any) -> dict[str, Any]:
    return {
        "account": "acme",
        "as_of": AS_OF,
        "meters": [meter()],
        "alert": ask(),
        "labels": dict(widget_labels("en")),
        **changes,
    }


def page(
    segue: str,
    *,
    attributes: str = 'data-token="good"',
    body: str = "",
    html: str = "",
    after: int | None = 0,
) -> str:
    """`after`: milliseconds until something new may come up; None: as long as is usual."""
    if after is not None:
        attributes += f' data-after="{after}"'
    return f"""<!doctype html>
<html lang="en-GB" {html}>
<head><title>Northwind Reports</title><meta name="viewport" content="width=device-width">
<script type="module" src="{segue}/widget/v1/segue.js" {attributes}></script></head>
<body><main><h1>Overview</h1>
<segue-banner></segue-banner>
<label>Search <input id="search"></label>
<segue-meter meter="reports"></segue-meter>
{body}
<p id="after">Recent reports</p></main></body></html>"""
