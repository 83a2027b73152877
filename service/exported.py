"""Usage as it is kept, as events again: what they add up to is the same, whose it was too.

Segue keeps no event as it came, but hours, days, who used it on which day, and the things counted
(as hashes). So each hour becomes an event, or one for each user of its day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.catalogue import Catalogue, Meter
from engine.usage import Aggregation, MeterKind
from service.usage import ADDED, Kind
from store import exported, facts, recorded
from store.exported import Kept

CORRECTION = "exported"
"""Why an amount below 0 is, once it is taken elsewhere."""
_MICROS = 1_000_000
_LEVELS = (Aggregation.MAX, Aggregation.LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One usage event. `value`: an exact amount, a thing that is counted, or nothing."""

    id: str
    account: str
    meter: str
    kind: Kind
    at: datetime
    value: Decimal | str | None
    user: str | None = None
    correction: str | None = None


def prefix(session: Session) -> str:
    """How the ids of this database's exports begin: it is told by when its first policy came."""
    first = facts.first_policy_at(session)
    return f"export:{blake2b(str(first).encode(), digest_size=6).hexdigest()}:"


def events(session: Session, account: str, catalogue: Catalogue) -> Iterator[Exported]:
    """The account's usage, meter by meter, in the order of time."""
    zone = facts.zone(session, account, catalogue)
    assert zone is not None
    maker = _Maker(
        account=account,
        prefix=prefix(session),
        zone=ZoneInfo(zone),
        users=recorded.user_days(session, account),
    )
    amounts = _by_meter(exported.amounts(session, account))
    totals = _by_meter(exported.totals(session, account))
    for meter in catalogue.meters.values():
        kept, told = amounts.get(meter.key, []), totals.get(meter.key, [])
        if meter.aggregation is Aggregation.UNIQUE:
            yield from maker.things(meter, recorded.things(session, account, meter.key), kept)
        elif meter.aggregation in ADDED:
            yield from maker.amounts(meter, [one for one in kept if one.events or not told])
            yield from maker.totals(meter, told)
        else:
            yield from maker.amounts(meter, kept)
    for friction in exported.frictions(session, account):
        yield Exported(
            id=friction.id,
            account=account,
            meter=friction.meter,
            kind=Kind.FRICTION,
            at=friction.at,
            value=None,
            user=friction.user,
        )


@dataclass(slots=True, kw_only=True)
class _Maker:
    """Makes events of what is kept of one account; `users`: who is still to be said, by day."""

    account: str
    prefix: str
    zone: ZoneInfo
    users: dict[date, list[str]]
    _numbers: Counter[tuple[str, datetime]] = field(default_factory=Counter)

    def amounts(self, meter: Meter, kept: Iterable[Kept]) -> Iterator[Exported]:
        """Hours and days, each shared by the users of its day."""
        for one in kept:
            users = self._users(meter, one.at) if one.amount > 0 else []
            shares = _shares(one.amount, len(users), level=meter.aggregation in _LEVELS)
            nobody: list[str | None] = [None]
            for user, share in zip(users or nobody, shares, strict=True):
                yield self._event(meter, one.at, share, user)

    def totals(self, meter: Meter, told: Iterable[Kept]) -> Iterator[Exported]:
        """Running totals; one below the last says so."""
        last = Decimal(0)
        for one in told:
            lower, last = one.amount < last, one.amount
            yield self._event(meter, one.at, one.amount, None, kind=Kind.TOTAL, lower=lower)

    def things(
        self, meter: Meter, things: Sequence[tuple[date, bytes]], kept: Sequence[Kept]
    ) -> Iterator[Exported]:
        """Things that were counted, on their day; those counted once for good, when they came."""
        if meter.kind is MeterKind.CUMULATIVE:
            instants = [one.at for one in kept for _ in range(int(one.amount))]
            days = list(zip(instants, (thing for _, thing in things), strict=False))
        else:
            last = {one.at.astimezone(self.zone).date(): one.at for one in kept}
            days = [(last[day], thing) for day, thing in things if day in last]
        met: dict[datetime, list[bytes]] = {}
        for at, thing in days:
            met.setdefault(at, []).append(thing)
        for at, found in met.items():
            users = self._users(meter, at)
            for n in range(max(len(found), len(users))):
                name = found[n % len(found)].hex()
                yield self._event(meter, at, name, users[n] if n < len(users) else None)

    def _users(self, meter: Meter, at: datetime) -> list[str]:
        day = at.astimezone(self.zone).date()
        return self.users.pop(day, []) if meter.meaningful else []

    def _event(
        self,
        meter: Meter,
        at: datetime,
        value: Decimal | str,
        user: str | None,
        *,
        kind: Kind = Kind.USAGE,
        lower: bool = False,
    ) -> Exported:
        self._numbers[meter.key, at] += 1
        number = self._numbers[meter.key, at]
        lower = lower or (isinstance(value, Decimal) and value < 0)
        return Exported(
            id=f"{self.prefix}{meter.key}:{at.timestamp():.6f}:{number}",
            account=self.account,
            meter=meter.key,
            kind=kind,
            at=at,
            value=value,
            user=user,
            correction=CORRECTION if lower else None,
        )


def _shares(amount: Decimal, users: int, *, level: bool) -> list[Decimal]:
    """An amount, shared evenly to the millionth; of a level each has all."""
    if users < 2 or level:
        return [amount] * max(users, 1)
    each, rest = divmod(int(amount * _MICROS), users)
    return [Decimal(each + (n < rest)).scaleb(-6) for n in range(users)]


def _by_meter(found: Iterable[Kept]) -> dict[str, list[Kept]]:
    meters: dict[str, list[Kept]] = {}
    for one in found:
        meters.setdefault(one.meter, []).append(one)
    return meters
