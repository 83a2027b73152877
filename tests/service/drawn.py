"""Accounts that nobody thought of: stated, used and answered for through the services."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
from sqlalchemy import insert

from engine.alert import FeedbackKind
from engine.snapshot import BlockerKind, Role
from service import accounts, configure, plans, roster
from service.context import Context
from service.ingest import ingest
from service.shapes import Account, Blocker, Person, Plan
from store import feedback
from store.past import EVERYONE
from store.rows import table
from store.tables import Address, Install
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
BEGIN = datetime(2026, 8, 3, 8, 0, tzinfo=UTC)
DAYS = (NOW - BEGIN).days
ZONES = ("Europe/Berlin", "America/Denver", "Pacific/Pago_Pago", "Pacific/Kiritimati", None)
PLANS = ("team", "yearly", "weekly", "renewed", "endless", "business")
KINDS = {
    "reports": ("sum", "reset"),
    "runs": ("count", "reset"),
    "top": ("max", "reset"),
    "level": ("latest", "reset"),
    "visitors": ("unique", "reset"),
    "seats": ("sum", "cumulative"),
    "storage": ("latest", "cumulative"),
    "most": ("max", "cumulative"),
    "devices": ("unique", "cumulative"),
    "sessions": ("max", "peak"),
}
_PERIODS = {"yearly": "year", "weekly": "week", "renewed": "anniversary", "endless": "none"}


def policy(*, more: str = "") -> str:
    """Meters of every kind and plans of every period; milestones, so that much is said."""
    made = ['[product]\nname = "Drawn"\ncurrency = "EUR"\ntime_zone = "Asia/Kathmandu"\n']
    for key, (how, kind) in KINDS.items():
        made.append(
            f'[[meter]]\nkey = "{key}"\nname = {{ one = "thing", other = "things" }}\n'
            f'value = "delivered"\naggregation = "{how}"\nkind = "{kind}"\n'
        )
    for key in PLANS:
        larger = 'next = "business"\n' if key != "business" else ""
        made.append(
            f'[[plan]]\nkey = "{key}"\nname = "{key.title()}"\nprice = "100"\n{larger}'
            f'period = "{_PERIODS.get(key, "month")}"\n'
            f"limits = {{ reports = {5000 if key == 'business' else 1000}, seats = 20 }}\n"
        )
    made.append("[policy]\nrollout_days = 0\n" + more)
    made.append('[widget]\norigins = ["https://app.example.com"]\n')
    return "\n".join(made)


class World:
    """A context whose clock stands where the accounts are looked at."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.clock = context.clock
        assert isinstance(self.clock, FakeClock)
        self.clock.set(BEGIN)
        configure.apply(context, policy(), "test")

    def draw(self, seed: int, names: Iterable[str]) -> None:
        """State accounts and let them live until `NOW`."""
        assert isinstance(self.clock, FakeClock)
        rng = Random(seed)
        for name in names:
            self.clock.set(BEGIN)
            _stated(self.context, rng, name)
            for n, events in enumerate(_used(rng, name)):
                self.clock.set(BEGIN + timedelta(days=15 * (n + 1)))
                receipt = ingest(self.context, events, imported=rng.random() < 0.2)
                assert not receipt.rejected, receipt.rejected[0]
            self.clock.set(NOW)
            _happened(self.context, rng, name)


def _stated(context: Context, rng: Random, name: str) -> None:
    own = (
        {"reports": rng.choice([None, 0, 700, "812.5"]), "storage": 40}
        if rng.random() < 0.5
        else {}
    )
    stated = Account(
        plan=rng.choice([None, *PLANS]),
        name=rng.choice([None, "Bolt & Söhne"]),
        seats=rng.choice([None, 1, 12]),
        time_zone=rng.choice(ZONES),
        since=rng.choice([None, (BEGIN - timedelta(days=200)).date()]),
        anchor=rng.choice([None, 1, 31]),
        limits=own,
        price=rng.choice([None, "88.20"]),
        holdout=rng.choice(["auto", "exclude"]),
        integrations=rng.choice([[], ["crm"]]),
    )
    accounts.put(context, name, stated, "test")
    for id in rng.sample(["ada", "bob", "cleo"], rng.randint(0, 3)):
        person = Person(
            role=rng.choice(list(Role)),
            email=rng.choice([None, f"{id}@example.com"]),
            can_buy=rng.random() < 0.5,
            joined=rng.choice([None, BEGIN.date()]),
            muted=rng.random() < 0.2,
        )
        roster.put_person(context, name, id, person, "test")
    with context.database.write() as session:
        if rng.random() < 0.5:
            row = {"platform": "slack", "team": f"T-{name}", "account": name, "token": "t",
                   "installed_at": BEGIN, "revoked_at": rng.choice([None, NOW])}  # fmt: skip
            session.execute(insert(table(Install)), row)
            address = {"account": name, "person": "ada", "channel": "slack", "address": f"{name}/U"}
            session.execute(insert(table(Address)), address)


def _used(rng: Random, name: str) -> list[list[msgspec.Raw]]:
    """Two weeks' use at a time, reported some days later, the last of it today."""
    parts: list[list[msgspec.Raw]] = [[] for _ in range(DAYS // 15 + 1)]
    meters = [*rng.sample(sorted(KINDS), rng.randint(0, 5)), "reports"]
    busy, level = rng.choice([0.1, 0.6, 0.95]), rng.choice([1, 20, 60])
    for day in range(DAYS + 1):
        for n, meter in enumerate(dict.fromkeys(meters)):
            if rng.random() > busy:
                continue
            at = BEGIN + timedelta(days=day, hours=rng.choice([-6, -1, 0]))
            sent: dict[str, Any] = {
                "id": f"{day}-{n}",
                "account": name,
                "meter": meter,
                "at": at.isoformat(),
                "value": _value(rng, meter, level),
            }
            sent |= rng.choice([{}, {"user": rng.choice(["ada", "bob", "zoe"])}])
            if KINDS[meter][0] == "sum" and rng.random() < 0.05:
                sent |= {"value": -1, "correction": "counted twice"}
            if rng.random() < 0.03:
                sent = {"id": f"f{day}-{n}", "account": name, "meter": meter, "kind": "friction",
                        "user": "ada", "at": at.isoformat()}  # fmt: skip
            parts[min(day // 15, len(parts) - 1)].append(msgspec.Raw(msgspec.json.encode(sent)))
    return parts


def _value(rng: Random, meter: str, level: int) -> Any:
    if KINDS[meter][0] == "unique":
        return f"thing-{rng.randint(0, 40)}"
    if KINDS[meter][0] == "count":
        return 1
    return rng.choice([rng.randint(0, level * 2), level, round(rng.random() * level, 3)])


def _happened(context: Context, rng: Random, name: str) -> None:
    if rng.random() < 0.3:
        at = NOW - timedelta(days=rng.randint(1, 90))
        plans.change(context, name, Plan(plan=rng.choice(PLANS), at=at), "test")
    for n in range(rng.randint(0, 2)):
        since = NOW - timedelta(days=rng.randint(1, 200))
        until = rng.choice([None, since + timedelta(days=rng.randint(0, 30))])
        blocker = Blocker(kind=rng.choice(list(BlockerKind)), opened=since, closed=until)
        roster.put_blocker(context, name, f"b{n}", blocker, "test")
    if rng.random() < 0.1:
        opened = NOW - timedelta(days=400)
        over = Blocker(kind=BlockerKind.INCIDENT, opened=opened, closed=NOW - timedelta(days=100))
        roster.put_blocker(context, EVERYONE, f"all-{name}", over, "test")
    with context.database.write() as session:
        for n in range(rng.randint(0, 2)):
            given = feedback.StoredFeedback(
                account=name,
                id=f"fb{n}",
                alert="none-such",
                person="ada",
                role=Role.CHAMPION,
                kind=rng.choice(list(FeedbackKind)),
                at=NOW - timedelta(days=rng.randint(1, 300)),
                channel="widget",
            )
            feedback.add(session, given)
