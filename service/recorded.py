"""Makes the record of an account, as a replay reads it, from what the spool holds of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from engine.alert import FeedbackKind
from engine.catalogue import Catalogue, Meter, Plan
from engine.record import Amounts, Epochs, Given, Owners, Record, Track
from engine.snapshot import AccountFacts, Friction
from engine.usage import Aggregation, MeterKind, PeriodKind, period_of
from service.recorded_accounts import Home
from store.spool import CORRECTS, FRICTION, Rows, SpooledAnswer

LARGER = "larger"
"""Stands for the plan above, where a limit is known but no plan."""
_HOME = msgspec.json.Decoder(Home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account agreed to: its plan, what lies above and below it, and its own limits.

    `told`: whether anything was said of it at all; an account nobody spoke of has no known limit.
    """

    plan: Plan | None
    next_plan: str | None
    above: Plan | None
    below: Plan | None
    limits: dict[str, Decimal]
    told: bool

    def limit(self, meter: str) -> Decimal | None:
        """How much of a meter a period allows; None: unlimited, or not known."""
        if meter in self.limits:
            return self.limits[meter]
        return self.plan.limits.get(meter) if self.plan else None


def terms(home: Home | None, catalogue: Catalogue) -> Terms:
    """The terms of an account; `home` None: it is in no list."""
    told = home is not None
    home = home or Home()
    plan = catalogue.plans.get(home.plan or "")
    following = plan.next if plan else LARGER if home.limits else None
    return Terms(
        plan=plan,
        next_plan=following,
        above=catalogue.plans.get(following or ""),
        below=next((p for p in catalogue.plans.values() if plan and p.next == plan.key), None),
        limits=home.limits,
        told=told,
    )


def packed(home: Home) -> bytes:
    """What is known of an account, for the spool."""
    return msgspec.json.encode(home)


def record(
    name: str,
    rows: Rows,
    home: bytes | None,
    answers: Sequence[SpooledAnswer],
    catalogue: Catalogue,
    meters: Sequence[str],
) -> Record:
    """The record of one account. `meters`: the keys that rows call by number."""
    known = _HOME.decode(home) if home is not None else None
    zone = known.time_zone if known and known.time_zone else catalogue.product.time_zone
    agreed = terms(known, catalogue)
    since = (known.since if known else None) or _day(float(rows.at[0]), zone)
    clock = Clock(
        zone=zone, kind=agreed.plan.period if agreed.plan else PeriodKind.MONTH, anchor=since.day
    )
    users = tuple(sorted({user for user in rows.users if user}))
    return Record(
        account=AccountFacts(
            id=name,
            name=name,
            plan=agreed.plan.key if agreed.plan else None,
            next_plan=agreed.next_plan,
            time_zone=zone,
            locale=catalogue.product.locale,
            currency=catalogue.product.currency,
            seats=known.seats if known else None,
            since=since,
        ),
        tracks=tuple(
            _track(meter, rows, meters.index(key) if key in meters else -1, users, agreed, clock)
            for key, meter in catalogue.meters.items()
        ),
        period=clock.kind,
        anchor=clock.anchor,
        users=users,
        frictions=_frictions(rows, meters, catalogue),
        given=tuple(
            Given(
                at=datetime.fromtimestamp(answer.at, UTC),
                kind=FeedbackKind(answer.kind),
                until=date.fromisoformat(answer.until) if answer.until else None,
            )
            for answer in answers
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An account's zone and the periods of its plan."""

    zone: str
    kind: PeriodKind
    anchor: int

    def span(self, meter: Meter, at: float) -> date:
        """Within what a `unique` meter counts a thing once: its period, its day, or ever."""
        if meter.kind is MeterKind.CUMULATIVE:
            return date.min
        day = _day(at, self.zone)
        return day if meter.kind is MeterKind.PEAK else period_of(self.kind, day, self.anchor).start


def track(meter: Meter, agreed: Terms, at: Epochs, amount: Amounts, owner: Owners) -> Track:
    """One meter's use under the account's terms."""
    return Track(
        key=meter.key,
        name_one=meter.name.one,
        name_other=meter.name.other,
        value=meter.value,
        kind=meter.kind,
        aggregation=meter.aggregation,
        meaningful=meter.meaningful,
        at_limit=meter.at_limit,
        limit=agreed.limit(meter.key),
        limit_known=agreed.told or meter.key in agreed.limits,
        at=at,
        amount=amount,
        owner=owner,
        next_limit=agreed.above.limits.get(meter.key) if agreed.above else None,
        lower_limit=agreed.below.limits.get(meter.key) if agreed.below else None,
    )


def _track(
    meter: Meter, rows: Rows, number: int, users: Sequence[str], agreed: Terms, clock: Clock
) -> Track:
    mine = np.flatnonzero((rows.meter == number) & ((rows.flags & FRICTION) == 0))
    at, amount = rows.at[mine], rows.value[mine]
    if meter.aggregation is Aggregation.UNIQUE:
        amount = _unseen(meter, at, [rows.things[i] for i in mine.tolist()], clock)
    owner = np.full(len(mine), -1, dtype=np.int64)
    if users:
        index = {user: n for n, user in enumerate(users)} | {"": -1}
        owner = np.array([index[rows.users[i]] for i in mine.tolist()], dtype=np.int64)
        # What takes something back is nothing that somebody did.
        owner[(rows.flags[mine] & CORRECTS) != 0] = -1
    return track(meter, agreed, at, amount, owner)


def _unseen(meter: Meter, at: Epochs, things: Sequence[str], clock: Clock) -> Amounts:
    """1 where a thing is new within its span, else 0."""
    seen = set[tuple[date, str]]()
    new = np.zeros(len(at))
    for i, (when, thing) in enumerate(zip(at.tolist(), things, strict=True)):
        key = (clock.span(meter, when), thing)
        if key not in seen:
            seen.add(key)
            new[i] = 1.0
    return new


def _frictions(rows: Rows, meters: Sequence[str], catalogue: Catalogue) -> tuple[Friction, ...]:
    felt = np.flatnonzero((rows.flags & FRICTION) != 0).tolist()
    return tuple(
        Friction(
            at=datetime.fromtimestamp(float(rows.at[i]), UTC),
            user=rows.users[i],
            meter=meters[rows.meter[i]],
        )
        for i in felt
        if meters[rows.meter[i]] in catalogue.meters
    )


def _day(at: float, zone: str) -> date:
    return datetime.fromtimestamp(at, _zone(zone)).date()


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
