"""Wrong times: something is going on at the account that makes an ask or a reflection unwelcome."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from engine.alert import Reason, ReasonCode
from engine.gate import Finding, longest, no
from engine.instant import local_day
from engine.policy import Policy
from engine.snapshot import BlockerKind, Snapshot

_Days = Callable[[Policy], int]
_Check = Callable[[Snapshot, Policy, datetime], Finding | None]


def wrong_times(snapshot: Snapshot, policy: Policy, now: datetime) -> tuple[Reason, ...]:
    """Every reason of this kind against speaking now."""
    found = ((code, check(snapshot, policy, now)) for code, check in BLOCKERS)
    return tuple(
        Reason(code=code, evidence=finding.evidence, until=finding.until)
        for code, finding in found
        if finding is not None
    )


def _day(snapshot: Snapshot, at: datetime) -> date:
    return local_day(at, snapshot.account.time_zone)


def _lasting(
    kind: BlockerKind, days: _Days, snapshot: Snapshot, policy: Policy, now: datetime
) -> Finding | None:
    """A state: open now, or closed less than `days` ago."""
    found = []
    for blocker in snapshot.blockers:
        if blocker.kind is not kind or blocker.opened > now:
            continue
        since = _day(snapshot, blocker.opened).isoformat()
        end = blocker.closed and blocker.closed + timedelta(days(policy))
        if end is None or now < end:
            found.append(no("since", since, end and _day(snapshot, end)))
    return longest(found)


def _announced(
    kind: BlockerKind, days: _Days, snapshot: Snapshot, policy: Policy, now: datetime
) -> Finding | None:
    """An event: it counts from its day, or from its end where one is given."""
    found = []
    for blocker in snapshot.blockers:
        end = (blocker.closed or blocker.opened) + timedelta(days(policy))
        if blocker.kind is kind and blocker.opened <= now < end:
            since = _day(snapshot, blocker.opened).isoformat()
            found.append(no("since", since, _day(snapshot, end)))
    return longest(found)


def _ticket_recent(snapshot: Snapshot, policy: Policy, now: datetime) -> Finding | None:
    """An urgent ticket was closed only lately."""
    after, found = timedelta(policy.blockers.ticket_urgent), []
    for blocker in snapshot.blockers:
        closed = blocker.closed
        urgent = blocker.kind is BlockerKind.TICKET and blocker.urgent
        if urgent and closed is not None and closed <= now < closed + after:
            until = _day(snapshot, closed + after)
            found.append(no("closed", _day(snapshot, closed).isoformat(), until))
    return longest(found)


def _moved(
    direction: int, days: _Days, snapshot: Snapshot, policy: Policy, now: datetime
) -> Finding | None:
    """The plan changed this way less than `days` ago."""
    found = []
    for change in snapshot.plan_changes:
        end = change.at + timedelta(days(policy))
        if change.direction == direction and change.at <= now < end:
            since = _day(snapshot, change.at).isoformat()
            found.append(no("changed", since, _day(snapshot, end)))
    return longest(found)


def _renewal_owner(snapshot: Snapshot, policy: Policy, now: datetime) -> Finding | None:
    """A renewal is near: that talk belongs to the vendor's owner of the account."""
    renewal = snapshot.account.renewal
    if renewal is None:
        return None
    if not 0 <= (renewal - _day(snapshot, now)).days <= policy.blockers.renewal:
        return None
    return no("renewal", renewal.isoformat(), renewal + timedelta(1))


def _none(policy: Policy) -> int:
    return 0


_Kind = BlockerKind
BLOCKERS: tuple[tuple[ReasonCode, _Check], ...] = (
    (ReasonCode.CANCEL_PENDING, partial(_lasting, _Kind.CANCELLATION, _none)),
    (ReasonCode.PAYMENT_FAILED, partial(_lasting, _Kind.PAYMENT, lambda p: p.blockers.payment)),
    (ReasonCode.INCIDENT, partial(_lasting, _Kind.INCIDENT, lambda p: p.blockers.incident)),
    (
        ReasonCode.SECURITY_NOTICE,
        partial(_announced, _Kind.SECURITY, lambda p: p.blockers.security),
    ),
    # Any open ticket holds; an urgent one also for a while after.
    (ReasonCode.TICKET_OPEN, partial(_lasting, _Kind.TICKET, _none)),
    (ReasonCode.TICKET_RECENT, _ticket_recent),
    (
        ReasonCode.PRICE_CHANGE,
        partial(_announced, _Kind.PRICE_CHANGE, lambda p: p.blockers.price_change),
    ),
    (
        ReasonCode.UPGRADE_RECENT,
        partial(_moved, 1, lambda p: max(p.blockers.upgrade, p.trust.upgrade_silence_days)),
    ),
    (ReasonCode.DOWNGRADE_RECENT, partial(_moved, -1, lambda p: p.blockers.downgrade)),
    (ReasonCode.RENEWAL_OWNER, _renewal_owner),
    (ReasonCode.SALES_ACTIVE, partial(_lasting, _Kind.SALES, _none)),
    (ReasonCode.CARE_FLAG, partial(_lasting, _Kind.CARE, _none)),
)
