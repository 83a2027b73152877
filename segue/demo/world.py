"""Who is in the demo: invented accounts and people, each account with somebody's real usage."""

import csv
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
YEAR = 2026
"""The year it is shown in; see data/ATTRIBUTION.md."""
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
START = datetime(2026, 3, 1, 8, 0, tzinfo=ZoneInfo(BERLIN))
END = datetime(2026, 7, 31, 20, 0, tzinfo=ZoneInfo(BERLIN))
_REPORTED = time(17, 30)
"""The source has whole days: each day's sum is reported once, late on the day itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person at an account; without `slack` they read e-mail only."""

    id: str
    name: str
    role: str
    title: str
    can_buy: bool = False
    slack: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """An account of the demo's vendor. `part`: what its real history shows."""

    id: str
    name: str
    entity: str
    part: str
    plan: str
    domain: str
    zone: str = BERLIN
    country: str = "DE"
    limits: dict[str, int] = field(default_factory=dict)
    people: tuple[Actor, ...] = ()

    @property
    def team(self) -> str:
        """Its Slack workspace."""
        return f"T{self.id.upper()}"

    def email(self, actor: Actor) -> str:
        """A person's address."""
        return f"{actor.id}@{self.domain}"

    def actor(self, id: str) -> Actor:
        """One of its people."""
        return next(a for a in self.people if a.id == id)

    @property
    def champion(self) -> Actor:
        """Who carries the story."""
        return next(a for a in self.people if a.role == "champion")

    @property
    def finance(self) -> Actor:
        """Who decides about money."""
        return next(a for a in self.people if a.role == "finance")

    def facts(self, since: date) -> dict[str, Any]:
        """The body of `PUT /v1/accounts/{account}`; a demo has no use for a holdout."""
        return {
            "plan": self.plan,
            "name": self.name,
            "time_zone": self.zone,
            "country": self.country,
            "since": since.isoformat(),
            "domains": [self.domain],
            "holdout": "exclude",
            **({"limits": self.limits} if self.limits else {}),
        }

    def person(self, actor: Actor, since: date) -> dict[str, Any]:
        """The body of `PUT /v1/accounts/{account}/people/{person}`."""
        return {
            "email": self.email(actor),
            "name": actor.name,
            "role": actor.role,
            "can_buy": actor.can_buy,
            "joined": since.isoformat(),
        }


def _people(*people: tuple[str, str, str, str]) -> tuple[Actor, ...]:
    """(id, name, role, title): finance reads e-mail and may buy, all others are in Slack."""
    return tuple(
        Actor(id=id, name=name, role=role, title=title,
              can_buy=role == "finance", slack=role != "finance")
        for id, name, role, title in people
    )  # fmt: skip


PLAYERS = (
    Player(
        id="harbor",
        name="Harbor Logistics",
        entity="B01445",
        part="commits",
        plan="team",
        domain="harbor.example",
        people=_people(
            ("priya", "Priya Raman", "champion", "Head of client reporting"),
            ("tomas", "Tomás Vidal", "manager", "Operations director"),
            ("fiona", "Fiona Becker", "finance", "Finance lead"),
            ("jonas", "Jonas Weber", "user", "Analyst"),
        ),
    ),
    Player(
        id="quarry",
        name="Quarry & Co",
        entity="B02657",
        part="experiments",
        plan="starter",
        domain="quarry.example",
        people=_people(
            ("mara", "Mara Lindqvist", "champion", "Consultant"),
            ("ben", "Ben Okafor", "finance", "Office manager"),
        ),
    ),
    Player(
        id="fern",
        name="Fern & Field",
        entity="c14159",
        part="learns",
        plan="solo",
        domain="fern.example",
        people=_people(
            ("ines", "Inés Prado", "champion", "Studio lead"),
            ("karl", "Karl Hofer", "finance", "Bookkeeping"),
        ),
    ),
    Player(
        id="meridian",
        name="Meridian Press",
        entity="B00008",
        part="spikes",
        plan="business",
        domain="meridian.example",
        zone=NEW_YORK,
        country="US",
        limits={"reports": 8800},  # A negotiated limit, below its plan's.
        people=_people(
            ("dana", "Dana Whitfield", "champion", "Production manager"),
            ("sam", "Sam Ortega", "manager", "Publisher"),
            ("lee", "Lee Carver", "finance", "Controller"),
        ),
    ),
    Player(
        id="oakline",
        name="Oakline Dental",
        entity="B01957",
        part="waits",
        plan="starter",
        domain="oakline.example",
        limits={"reports": 300},  # Still on the limit it signed up with.
        people=_people(
            ("noor", "Noor Haddad", "champion", "Practice manager"),
            ("paul", "Paul Jansen", "finance", "Accounting"),
        ),
    ),
)
HERO = PLAYERS[0]

TICKET = ("oakline", "T-1184", date(2026, 5, 18), date(2026, 5, 29))
"""An urgent support ticket: account, its id, opened, solved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One day's real usage, shown in the demo's year."""

    player: Player
    at: datetime
    value: int
    id: str


def player(account: str) -> Player:
    """The account with this id."""
    return next(p for p in PLAYERS if p.id == account)


def usage() -> tuple[Use, ...]:
    """Every day's usage of every account, in the order of time."""
    by_entity = {p.entity: p for p in PLAYERS}
    with (HERE / "data" / "usage.csv").open(encoding="utf-8", newline="") as stream:
        uses = [_use(by_entity[row["entity"]], row) for row in csv.DictReader(stream)]
    return tuple(sorted(uses, key=lambda use: (use.at, use.player.id)))


def _use(of: Player, row: dict[str, str]) -> Use:
    day = date.fromisoformat(row["timestamp"]).replace(year=YEAR)
    at = datetime.combine(day, _REPORTED, ZoneInfo(of.zone))
    return Use(player=of, at=at, value=int(row["value"]), id=f"{row['entity']}-{day.isoformat()}")


def signed_up(uses: tuple[Use, ...], of: Player) -> datetime:
    """The morning of the account's first day."""
    first = next(use.at for use in uses if use.player is of)
    return first - timedelta(hours=9)
