"""Records of made-up accounts, one for each seed: meters, zones, people and interruptions mixed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np

from engine.alert import FeedbackKind
from engine.record import Given, Record, Track
from engine.snapshot import AccountFacts, Blocker, BlockerKind, Friction
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind

START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(days=190)
_KINDS = (
    (MeterKind.RESET, Aggregation.SUM),
    (MeterKind.RESET, Aggregation.SUM),
    (MeterKind.RESET, Aggregation.SUM),
    (MeterKind.RESET, Aggregation.MAX),
    (MeterKind.RESET, Aggregation.LATEST),
    (MeterKind.CUMULATIVE, Aggregation.SUM),
    (MeterKind.CUMULATIVE, Aggregation.LATEST),
    (MeterKind.CUMULATIVE, Aggregation.MAX),
    (MeterKind.PEAK, Aggregation.MAX),
    (MeterKind.PEAK, Aggregation.SUM),
)


def record_of(seed: int) -> Record:
    """The record of one account."""
    draw = Random(seed)
    keys = ("a", "b") if draw.random() < 0.4 else ("a",)
    late = START + timedelta(days=draw.randint(20, 120))
    felt = tuple(
        Friction(at=late + timedelta(days=day), user=user, meter="a")
        for day, user in enumerate(("ada", "bob", "ada"))
    )
    ticket = Blocker(id="t", kind=BlockerKind.TICKET, opened=late, closed=late + timedelta(days=9))
    said = draw.choice([FeedbackKind.SNOOZED, FeedbackKind.USEFUL, FeedbackKind.NOT_USEFUL])
    return Record(
        account=AccountFacts(
            id="acme",
            name="Acme",
            plan=None,
            next_plan="larger",
            time_zone=draw.choice(
                ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Denver", "Asia/Kathmandu"]
            ),
            locale="en",
            currency="EUR",
            since=draw.choice([None, date(2025, 11, 1), START.date()]),
            seats=draw.choice([None, 1, 4]),
        ),
        tracks=tuple(_track(draw, key) for key in keys),
        period=draw.choice([PeriodKind.MONTH, PeriodKind.MONTH, *PeriodKind]),
        anchor=draw.choice([1, 15, 31]),
        users=("ada", "bob"),
        frictions=draw.choice([(), felt]),
        blockers=draw.choice([(), (ticket,)]),
        given=draw.choice([(), (Given(at=late, kind=said),)]),
    )


def _track(draw: Random, key: str) -> Track:
    """A meter in use for some months, in one of the ways accounts use things."""
    size, start = draw.choice([20, 60, 150, 180]), draw.choice([0, 0, 30])
    every = draw.choice([1, 1, 1, 2, 7, 30])
    days = [day for day in range(start, start + size) if day % every == 0]
    base, growth = draw.choice([1.0, 10.0, 25.5]), draw.choice([0.0, 0.3])
    spiky, hours = draw.choice([0, 0, 0, 300]), draw.choice([(0.0,), (12.0,), (3.0, 9.0, 23.5)])
    at, amount = [], []
    for number, day in enumerate(days):
        for hour in hours:
            at.append(START.timestamp() + day * 86400 + hour * 3600)
            spike = spiky if number == len(days) // 2 else 0
            amount.append(base + draw.randint(0, 20) + round(growth * day, 6) + spike)
    kind, aggregation = draw.choice(_KINDS)
    whole = sum(amount) * 30 / size if aggregation is Aggregation.SUM else max(amount)
    limit = Decimal(max(1, round(whole * draw.choice([0.3, 0.7, 1.0, 1.3, 4.0]))))
    owners = draw.choice([(-1,), (0,), (0, 1), (-1, 0, 1)])
    return Track(
        key=key,
        name_one=key,
        name_other=key,
        value="delivered",
        kind=kind,
        aggregation=aggregation,
        meaningful=draw.random() < 0.8,
        at_limit=draw.choice(list(AtLimit)),
        limit=draw.choice([limit, limit, limit, None]),
        limit_known=draw.random() < 0.9,
        at=np.array(at),
        amount=np.array(amount),
        owner=np.array([owners[i % len(owners)] for i in range(len(at))]),
        next_limit=limit * 5,
    )
