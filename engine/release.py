"""The decision at send time: send the push now, at the next opening, or not at all any more."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, Moment, ReasonCode
from engine.blockers import wrong_times
from engine.instant import in_utc
from engine.ledger import mutes_in_force
from engine.policy import Policy, QuietPolicy
from engine.reading import uses
from engine.snapshot import Snapshot

_FURTHEST = 40
"""Steps to the next opening: more than the longest row of closed days anywhere."""


class Ended(StrEnum):
    """Why a push that was due is dropped."""

    ALERT_CLOSED = "alert_closed"
    PLAN_CHANGED = "plan_changed"
    MOMENT_OVER = "moment_over"
    BLOCKED = "blocked"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who the push goes to and when they are not to be disturbed.

    `holidays` of their country are passed in; `weekend` holds the weekdays (Monday 0) off there.
    """

    time_zone: str
    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset((5, 6))
    do_not_disturb_until: datetime | None = None

    def __post_init__(self) -> None:
        in_utc(self, "do_not_disturb_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One push that is due. `stops`: work stops at the limit it is about."""

    alert_class: AlertClass
    raised_at: datetime
    reader: Reader
    stops: bool = False
    ended: Ended | None = None

    def __post_init__(self) -> None:
        in_utc(self, "raised_at")


@dataclass(frozen=True, slots=True)
class Send:
    """Send it now."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Decide again at `until`, the next opening."""

    until: datetime
    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class Expire:
    """Drop it: it is not true or not welcome any more."""

    reason: Ended


def release(push: Push, policy: QuietPolicy, now: datetime) -> Send | Defer | Expire:
    """What to do with a push at `now`; a notice that work stops is never made to wait."""
    if push.ended is not None:
        return Expire(push.ended)
    last = push.raised_at + timedelta(policy.expire_days)
    if now >= last:
        return Expire(Ended.TOO_OLD)
    if push.alert_class is AlertClass.NOTICE and push.stops:
        return Send()
    why = _closed(push.reader, policy, now)
    if why is None:
        return Send()
    opening = next_opening(push.reader, policy, now)
    return Expire(Ended.TOO_OLD) if opening >= last else Defer(opening, why)


def next_opening(reader: Reader, policy: QuietPolicy, now: datetime) -> datetime:
    """The first instant from `now` on at which the reader may be disturbed."""
    moment = now.astimezone(UTC)  # A minute later on a local clock forgets which pass it is in.
    for _ in range(_FURTHEST):
        why = _closed(reader, policy, moment)
        if why is None:
            return moment
        moment = _after(why, reader, policy, moment)
    return moment


def ended(
    key: AlertKey, raised_at: datetime, snapshot: Snapshot, policy: Policy, now: datetime
) -> Ended | None:
    """Whether what was worth saying has ended since it was raised; None: it still holds."""
    if any(raised_at < change.at <= now for change in snapshot.plan_changes):
        return Ended.PLAN_CHANGED
    same = [a for a in snapshot.alerts if a.key == key and a.raised_at == raised_at]
    if any(alert.closed_at and alert.closed_at <= now for alert in same):
        return Ended.ALERT_CLOSED
    today = now.astimezone(ZoneInfo(snapshot.account.time_zone)).date()
    if snapshot.account.objected or mutes_in_force(snapshot, now, today):
        return Ended.BLOCKED
    if key.alert_class is not AlertClass.NOTICE and wrong_times(snapshot, policy, now):
        return Ended.BLOCKED
    return None if _holds(key, snapshot, policy, today) else Ended.MOMENT_OVER


def _holds(key: AlertKey, snapshot: Snapshot, policy: Policy, today: date) -> bool:
    """Whether the period still runs and as much is used as the moment rests on."""
    meter = next((m for m in snapshot.meters if m.key == key.meter), None)
    if meter is None:
        return False
    if key.moment is not Moment.MILESTONE:
        over = meter.period.end is not None and today >= meter.period.end
        if over or meter.period.start.isoformat() != key.period:
            return False
    match key.moment:
        case Moment.AT_LIMIT:
            return uses(meter, 1.0)
        case Moment.APPROACHING:
            return uses(meter, policy.approaching.used)
        case Moment.PACE:
            return uses(meter, policy.pace.used)
        case _:
            return True


def _closed(reader: Reader, policy: QuietPolicy, at: datetime) -> ReasonCode | None:
    """Why the reader is not to be disturbed at `at`, the first reason of several."""
    local = at.astimezone(ZoneInfo(reader.time_zone))
    if _is_quiet(policy, local.time()):
        return ReasonCode.QUIET_HOURS
    if policy.weekends and local.weekday() in reader.weekend:
        return ReasonCode.WEEKEND
    if policy.holidays and local.date() in reader.holidays:
        return ReasonCode.HOLIDAY
    if reader.do_not_disturb_until is not None and at < reader.do_not_disturb_until:
        return ReasonCode.DO_NOT_DISTURB
    return None


def _after(why: ReasonCode, reader: Reader, policy: QuietPolicy, at: datetime) -> datetime:
    """The first instant at which this reason is gone; another may take its place."""
    zone = ZoneInfo(reader.time_zone)
    local = at.astimezone(zone)
    if why is ReasonCode.DO_NOT_DISTURB and reader.do_not_disturb_until is not None:
        return reader.do_not_disturb_until
    if why is ReasonCode.QUIET_HOURS:
        end = time.fromisoformat(policy.hours[1])
        day = local.date() + timedelta(1 if local.time() >= end else 0)
        opening = datetime.combine(day, end, zone)
        # An hour that a clock change skips or repeats must not leave us where we were.
        return max(opening, at + timedelta(minutes=1), key=datetime.timestamp)
    return datetime.combine(local.date() + timedelta(1), time(), zone)


def _is_quiet(policy: QuietPolicy, local: time) -> bool:
    start, end = (time.fromisoformat(text) for text in policy.hours)
    if start <= end:
        return start <= local < end
    return local >= start or local < end
