"""Which moments hold today, each with its class, its key and the evidence for it.

Whether anybody should hear of them is restraint's to say, not asked here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, Moment
from engine.decision import Forecast
from engine.forecast import bar
from engine.history import MONTH, exact, is_flow, last_amounts
from engine.policy import Policy
from engine.reading import Reading, exactly, uses
from engine.snapshot import Snapshot
from engine.stage import COMMITTED, Standing
from engine.usage import AtLimit, ClosedPeriod, MeterUse

BEST_MONTH = "best-"
"""What a milestone's key begins with when it is the best month so far, not a round number."""
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A moment that holds. `people`: how many it touches, where that is known."""

    key: AlertKey
    p: float | None
    people: int
    evidence: tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class _Look:
    """One meter, looked at on one day; one for each look at each meter, so it is made quickly."""

    snapshot: Snapshot
    meter: MeterUse
    forecast: Forecast | None
    standing: Standing
    policy: Policy
    today: date
    complete: int
    ever: Decimal
    best: Decimal | None
    met: bool
    near: bool

    def due(
        self,
        moment: Moment,
        alert_class: AlertClass,
        *evidence: tuple[str, str],
        p: float | None = None,
        people: int = 0,
        period: str | None = None,
    ) -> Due:
        key = AlertKey(
            account=self.snapshot.account.id,
            meter=self.meter.key,
            moment=moment,
            alert_class=alert_class,
            period=period or self.meter.period.start.isoformat(),
        )
        return Due(key=key, p=p, people=people, evidence=evidence)

    @property
    def share(self) -> tuple[str, str]:
        return ("used", f"{self.meter.used!s} of {self.meter.limit!s}")


def moments(snapshot: Snapshot, known: Reading, policy: Policy) -> tuple[Due, ...]:
    """Every moment that holds for the account today."""
    standing, today = known.standing, known.today
    found: list[Due | None] = []
    for meter in snapshot.meters:
        # A vanity meter is no reason to speak, but a limit that stops work is told all the same.
        if not meter.meaningful and meter.at_limit is not AtLimit.STOPS:
            continue
        key = meter.key
        look = _Look(
            snapshot=snapshot,
            meter=meter,
            forecast=known.forecasts.get(key),
            standing=standing,
            policy=policy,
            today=today,
            complete=known.complete.get(key, 0),
            ever=known.ever.get(key, _NONE),
            best=known.best.get(key),
            met=uses(meter, 1.0),
            near=uses(meter, policy.approaching.used),
        )
        found.append(_notice(look))
        if meter.meaningful:
            found += [moment(look) for moment in _PROPOSING]
            if key not in known.uneventful:
                found.append(_milestone(look))
    if policy.right_size.enabled:
        found.append(_right_size(snapshot, standing, policy, today))
    return tuple([due for due in found if due is not None])


def _notice(look: _Look) -> Due | None:
    if look.met:
        return look.due(Moment.AT_LIMIT, AlertClass.NOTICE, look.share)
    if look.near and look.meter.at_limit is AtLimit.STOPS:
        return look.due(Moment.APPROACHING, AlertClass.NOTICE, look.share)
    return None


def _sustained_over(look: _Look) -> Due | None:
    last = _last_closed(look.meter, look.policy.sustained_over.periods)
    if not last or not all(_over(period, look.meter) for period in last):
        return None
    evidence = [(p.start.isoformat(), f"{p.used!s} of {p.limit!s}") for p in last]
    return look.due(Moment.SUSTAINED_OVER, AlertClass.ASK, *evidence, p=_p(look))


def _over(period: ClosedPeriod, meter: MeterUse) -> bool:
    """Over the limit of then and over today's: a limit raised since has answered it."""
    if period.limit is None or meter.limit is None:
        return False
    return period.used > meter.limit and period.used > period.limit


def _recurring_friction(look: _Look) -> Due | None:
    if not look.snapshot.frictions or (look.meter.limit_known and look.meter.limit is None):
        return None
    zone = ZoneInfo(look.snapshot.account.time_zone)
    start = look.today - timedelta(MONTH - 1)
    felt = [
        (friction.at.astimezone(zone).date(), friction.user)
        for friction in look.snapshot.frictions
        if friction.meter == look.meter.key
    ]
    felt = [(day, user) for day, user in felt if start <= day <= look.today]
    days, people = len({day for day, _ in felt}), len({user for _, user in felt})
    policy = look.policy.friction
    if days < (policy.days if people >= policy.people else policy.days_if_one):
        return None
    evidence = (("friction_days28", str(days)), ("people", str(people)))
    return look.due(Moment.RECURRING_FRICTION, AlertClass.ASK, *evidence, p=_p(look), people=people)


def _at_limit(look: _Look) -> Due | None:
    if not look.met:
        return None
    return look.due(Moment.AT_LIMIT, AlertClass.ASK, look.share, p=_p(look))


def _pace(look: _Look) -> Due | None:
    forecast, policy = look.forecast, look.policy.pace
    if forecast is None or forecast.p is None or forecast.mid is None:
        return None
    high = bar(look.policy, look.snapshot.calibration)
    before = forecast.p_previous
    if forecast.p < high or before is None or before < high:
        return None
    ahead = (forecast.mid - look.today).days
    if not policy.lead_min_days <= ahead <= policy.lead_max_days:
        return None
    if not uses(look.meter, policy.used):
        return None
    evidence = (
        look.share,
        ("p", f"{forecast.p:.2f}"),
        ("p_previous", f"{before:.2f}"),
        ("around", forecast.mid.isoformat()),
    )
    return look.due(Moment.PACE, AlertClass.ASK, *evidence, p=forecast.p)


def last_shares(meter: MeterUse, since: date | None) -> tuple[float, ...]:
    """How much of today's limit the last two closed periods would have used, newest last.

    The period in which the account began (`since`) counts as if it had gone on like that
    throughout, where it had four weeks of it at least.
    """
    if not meter.limit:
        return ()
    limit = float(meter.limit)
    return tuple(float(p.used) / limit * _begun(p, since) for p in meter.closed[-2:])


def _begun(period: ClosedPeriod, since: date | None) -> float:
    if since is None or not period.start < since <= period.end - timedelta(MONTH):
        return 1.0
    return (period.end - period.start) / (period.end - since)


def last_closed_share(meter: MeterUse) -> float:
    """How much of today's limit the last closed period would have used."""
    if not meter.closed or not meter.limit:
        return 0.0
    return float(meter.closed[-1].used / meter.limit)


def _approaching(look: _Look) -> Due | None:
    """Where work stops at the limit the notice says it, and proposes nothing."""
    if look.met or not look.near or look.meter.at_limit is AtLimit.STOPS:
        return None
    p = _p(look)
    # With too few days nobody can tell; that is for the gate data_thin to say, not a reason less.
    if p is None and look.complete >= look.policy.forecast.min_days:
        return None
    if p is not None and p < look.policy.approaching.p:
        return None
    said = "cannot_tell" if p is None else f"{p:.2f}"
    return look.due(Moment.APPROACHING, AlertClass.ASK, look.share, ("p", said), p=p)


_PROPOSING: tuple[Callable[[_Look], Due | None], ...] = (
    _sustained_over,
    _recurring_friction,
    _at_limit,
    _pace,
    _approaching,
)


def _p(look: _Look) -> float | None:
    return look.forecast.p if look.forecast else None


def _milestone(look: _Look) -> Due | None:
    meter, policy = look.meter, look.policy.milestone
    if not is_flow(meter) or meter.first_day is None:
        return None
    recent = last_amounts(meter, look.today, policy.within_days)
    if not any(amount > 0 for amount in recent):
        return None
    total, ordinal = look.ever, milestone_below(look.ever)
    gained = exact(sum(recent))
    if ordinal is not None and total - gained < ordinal:
        counted = ("value_events", str(total))
        return look.due(Moment.MILESTONE, AlertClass.REFLECTION, counted, period=str(ordinal))
    best, used = look.best, meter.used
    if best is None or used < (better := best * exactly(policy.best_month)):
        return None
    in_period = (look.today - meter.period.start).days + 1
    before = used - (gained if in_period >= len(recent) else exact(sum(recent[-in_period:])))
    if before >= better:
        return None
    evidence = (("used", str(used)), ("best_before", str(best)))
    period = f"{BEST_MONTH}{meter.period.start.isoformat()}"
    return look.due(Moment.MILESTONE, AlertClass.REFLECTION, *evidence, period=period)


def milestone_below(total: Decimal) -> Decimal | None:
    """The highest of 10, 100, 1,000 ... that `total` has reached."""
    return _power(total.adjusted()) if total >= 10 else None


@lru_cache(maxsize=64)
def _power(exponent: int) -> Decimal:
    return Decimal(10) ** exponent


def _right_size(snapshot: Snapshot, standing: Standing, policy: Policy, today: date) -> Due | None:
    """A smaller plan would do, for every meter the larger one limits."""
    if standing.view.stage not in COMMITTED:
        return None
    limited = [m for m in snapshot.meters if m.limit is not None and m.limit_known]
    used = [m for m in limited if m.first_day is not None]
    shares = [_share_below(meter, policy.right_size.periods) for meter in used]
    if not shares or any(s is None or s > policy.right_size.share for s in shares):
        return None
    # What was never used fits any plan, once it could have been used for as long.
    begin = used[0].closed[-policy.right_size.periods].start
    if any(_limited_after(begin, meter) for meter in limited if meter.first_day is None):
        return None
    top = max(range(len(used)), key=lambda i: shares[i] or 0.0)
    look = _Look(
        snapshot=snapshot,
        meter=used[top],
        forecast=None,
        standing=standing,
        policy=policy,
        today=today,
        complete=0,
        ever=_NONE,
        best=None,
        met=False,
        near=False,
    )
    evidence = ("share_of_smaller", f"{shares[top]:.2f}")
    return look.due(Moment.RIGHT_SIZE, AlertClass.REFLECTION, evidence)


def _limited_after(begin: date, meter: MeterUse) -> bool:
    """Whether the meter has had its limit only since a day after `begin`."""
    return meter.limit_since is not None and meter.limit_since.date() > begin


def _share_below(meter: MeterUse, periods: int) -> float | None:
    """The most of the smaller plan's limit any of the last closed periods would have used."""
    last = _last_closed(meter, periods)
    if not last or not meter.lower_limit:
        return None
    return max(float(period.used / meter.lower_limit) for period in last)


def _last_closed(meter: MeterUse, count: int) -> tuple[ClosedPeriod, ...]:
    """The last `count` closed periods; none where there are fewer."""
    return meter.closed[-count:] if len(meter.closed) >= count > 0 else ()
