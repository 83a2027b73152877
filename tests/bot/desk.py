"""The vendor's own workspace in tests: an office with an admin, an account with usage, goldens."""

import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import select

from service import chat_admins, evaluate
from service.context import Context
from service.ingest import ingest
from store import due, installs
from store.tables import ConfigVersion
from tests.bot.conftest import ACCOUNT, TEAM, Clock, World, workspace

GOLDEN = Path(__file__).parent.parent / "golden" / "slack_desk"
_FIRST = date(2026, 8, 3)
_RANDOM = (
    (re.compile(r"link=[\w%.=-]+"), "link=SEALED"),
    (re.compile(r"key_[0-9a-f]{20}"), "key_1"),
    (re.compile(r"backtest_[0-9a-f]{20}\.[\w=-]+"), "backtest_1.TOKEN"),
    (re.compile(r"(chart/preview|timeline)/[\w=-]+"), r"\1/TOKEN"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "https://segue.example.com"),
)


def office(world: World) -> None:
    """The workspace of the emulator is the vendor's own, and its "champion" user is an admin."""
    with world.context.database.write() as session:
        installs.revoke(session, TEAM, world.clock.at)
        installs.save(session, workspace(world.context, account=None))
    chat_admins.add(world.context, world.users["champion"], by="tests")


def use(context: Context) -> None:
    """Four hundred reports each working day, five hundred and fifty since November."""
    clock = context.clock
    assert isinstance(clock, Clock)
    with context.database.write() as session:
        for row in session.exec(select(ConfigVersion)):  # Live so long that the rollout is over.
            row.applied_at = clock.at - timedelta(days=100)
            session.add(row)
    present, day, month = clock.at, _FIRST, []
    while day < present.date():
        amount = 550 if day >= date(2026, 11, 1) else 400
        if day.weekday() < 5:
            month += [_event(day, user, amount // 2) for user in ("mara", "marta")]
        day += timedelta(days=1)
        if day.day == 1 or day == present.date():
            clock.at = min(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), present)
            assert ingest(context, month).accepted == len(month)
            month = []
    clock.at = present
    look(context)


def look(context: Context) -> None:
    """Have the account looked at now."""
    with context.database.write() as session:
        due.mark(session, ACCOUNT, context.clock.now())
    while evaluate.run_due(context):
        pass


def _event(day: date, user: str, amount: int) -> msgspec.Raw:
    body = {
        "id": f"{user}-{day}",
        "account": ACCOUNT,
        "meter": "reports",
        "user": user,
        "value": amount,
        "at": f"{day}T10:00:00Z",
    }
    return msgspec.Raw(json.dumps(body).encode())


async def typed(world: World, text: str, who: str = "champion", count: int = 1) -> dict[str, Any]:
    """The answer to a command, which only who typed it sees."""
    world.proxy.calls.clear()
    assert (await world.command(who, text)).status_code == 200
    replies = await world.proxy.replies(count)
    assert replies, text
    assert all(reply["response_type"] == "ephemeral" for reply in replies)
    return replies[-1]


def words_in(body: dict[str, Any]) -> str:
    """Everything that is written in a payload."""
    return json.dumps(body, ensure_ascii=False)


def button_of(body: dict[str, Any], label: str) -> dict[str, Any]:
    """A button of an answer by what is written on it."""
    rows = [e for b in body["blocks"] if b["type"] == "actions" for e in b["elements"]]
    rows += [b["accessory"] for b in body["blocks"] if "accessory" in b]
    named = {e["text"]["text"]: e for e in rows if e["type"] == "button"}
    assert label in named, list(named)
    found: dict[str, Any] = named[label]
    return found


def as_agreed(name: str, body: Any, users: dict[str, str]) -> None:
    """Compare a payload with the one that was looked at."""
    made = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
    for pattern, instead in _RANDOM:
        made = pattern.sub(instead, made)
    for user, id in users.items():
        made = made.replace(id, f"U_{user.upper()}")
    path = GOLDEN / f"{name}.json"
    if os.environ.get("SEGUE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, "utf-8")
    assert made == path.read_text("utf-8"), f"{name}: look at it, then SEGUE_GOLDEN=write"


def kept(body: dict[str, Any]) -> dict[str, Any]:
    """What Slack shows of a message or a view."""
    names = ("type", "callback_id", "title", "submit", "text", "blocks")
    return {name: body[name] for name in names if name in body}
