"""Scenarios: a file of plain tables becomes a snapshot, the real decision is made, and compared.

The files lie in `tests/golden/engine/`; its README says how to read and write one.
"""

import json
import os
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.snapshot import AccountFacts, Arm, Calibration, Snapshot
from engine.usage import PeriodKind, period_of
from service.config import Applied, applied
from tests.engine.scenarios_diary import Diary, person
from tests.engine.scenarios_usage import Line, Terms, lines, meter, user_days

GOLDEN = Path(__file__).parent.parent / "golden" / "engine"
REGEN = bool(os.environ.get("SEGUE_REGEN"))
_WHEN = "%A %Y-%m-%d %H:%M"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One file: what is known about an account, and what is expected to be decided about it."""

    path: Path
    said: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The file's place below the golden folder."""
        return self.path.relative_to(GOLDEN).with_suffix("").as_posix()

    @cached_property
    def applied(self) -> Applied:
        """The vendor's policy file, with the values this scenario moves."""
        given = tomllib.loads((GOLDEN / "product.toml").read_text("utf-8"))
        for kind in ("meter", "plan"):
            for entry in given[kind]:
                entry |= self.said.get(kind, {}).get(entry["key"], {})
        given["meter"] = [m for m in given["meter"] if m["key"] in self.usage]
        for plan in given["plan"]:
            for table in ("limits", "overage"):
                plan[table] = {k: v for k, v in plan.get(table, {}).items() if k in self.usage}
        given["product"] |= self.said.get("product", {})
        given["policy"] = self.said.get("policy", {})
        return applied("\n".join(f"{key} = {_toml(value)}" for key, value in given.items()), 1)

    @cached_property
    def usage(self) -> dict[str, tuple[Line, ...]]:
        """The usage tables by meter."""
        return {key: lines(table) for key, table in self.said["usage"].items()}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        product = self.applied.catalogue.product
        return ZoneInfo(self.said["account"].get("time_zone", product.time_zone))

    @cached_property
    def now(self) -> datetime:
        """When the decision is made."""
        return instant(self.said["now"], self.zone)

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        """Everything that is known at `now`; what comes later is not."""
        now = now or self.now
        today, account = now.astimezone(self.zone).date(), self.said["account"]
        since = account.get("since") or _first_day(self.usage)
        anchor = account.get("anchor") or (since.day if since else 1)
        plan = self.applied.catalogue.plans.get(account.get("plan", ""))
        people = [person(name, said) for name, said in self.said.get("people", {}).items()]
        diary = Diary(
            zone=self.zone,
            now=now,
            people=people,
            account="acme",
            period=lambda day: period_of(plan.period if plan else PeriodKind.MONTH, day, anchor),
        )
        diary.read(self.said.get("past", {}).get("diary", ""))
        terms = Terms(
            catalogue=self.applied.catalogue,
            plan=plan,
            own_limits={k: _limit(v) for k, v in account.get("limits", {}).items()},
            anchor=anchor,
            changes=diary.changes,
        )
        return Snapshot(
            account=self._facts(terms, since),
            meters=tuple(meter(k, t, terms, today) for k, t in self.usage.items()),
            people=tuple(people),
            user_days=user_days(self.usage, terms, today),
            frictions=tuple(diary.frictions),
            blockers=tuple(diary.blockers),
            plan_changes=tuple(diary.changes),
            alerts=tuple(diary.alerts),
            answers=tuple(diary.answers),
            **self._segue(now),
        )

    def _facts(self, terms: Terms, since: date | None) -> AccountFacts:
        account, product = self.said["account"], self.applied.catalogue.product
        others = ("country", "seats", "renewal", "custom", "objected")
        return AccountFacts(
            id="acme",
            name="Acme",
            plan=account.get("plan"),
            next_plan=terms.plan.next if terms.plan else None,
            time_zone=self.zone.key,
            locale=account.get("locale", product.locale),
            product_locale=product.locale,
            currency=account.get("currency", product.currency),
            since=since,
            integrations=tuple(account.get("integrations", ())),
            price=Decimal(account["price"]) if "price" in account else None,
            **{key: account[key] for key in others if key in account},
        )

    def _segue(self, now: datetime) -> dict[str, Any]:
        """What only the process knows: arm, rollout, widget, and how fresh the data is."""
        said = self.said.get("segue", {})
        last, calibration = said.get("last_report"), said.get("calibration")
        live = said.get("live_since", date(2026, 7, 1))
        return {
            "arm": Arm(said.get("arm", "treated")),
            "rollout_open": said.get("rollout_open", True),
            "widget_on": said.get("widget_on", True),
            "readers_known": True,
            "daily_source": said.get("daily_source", False),
            "last_report": instant(last, self.zone) if last else now - timedelta(hours=1),
            "live_since": datetime(live.year, live.month, live.day, tzinfo=UTC),
            "calibration": _calibration(calibration) if calibration else None,
        }


def scenario(path: Path) -> Scenario:
    """The scenario of one file."""
    return Scenario(path=path, said=tomllib.loads(path.read_text("utf-8")))


def every(folder: str = "") -> list[Scenario]:
    """All scenarios below a folder, in the order of their names."""
    paths = sorted((GOLDEN / folder).rglob("*.toml"))
    return [scenario(path) for path in paths if path.name != "product.toml"]


def instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant as it is written in a scenario, with its weekday, which has to be right."""
    at = datetime.strptime(text, _WHEN).replace(tzinfo=zone)
    assert f"{at:{_WHEN}}" == text, f"{text!r}: that is a {at:%A}"
    return at.astimezone(UTC)


def spoken_instant(at: datetime, zone: ZoneInfo) -> str:
    """An instant as it is written in a scenario."""
    return f"{at.astimezone(zone):{_WHEN}}"


def _first_day(tables: dict[str, tuple[Line, ...]]) -> date | None:
    return min((d for t in tables.values() for line in t for d in line.days), default=None)


def _limit(amount: Any) -> Decimal | None:
    return None if amount == "none" else Decimal(str(amount))


def _calibration(said: dict[str, Any]) -> Calibration:
    raw, happened = (tuple(map(float, said[name])) for name in ("raw", "happened"))
    return Calibration(version=said["version"], raw=raw, happened=happened)


def _toml(value: Any) -> str:
    """A value on one line of TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
