"""Freeze the story of one alert: the facts every text, chart and case of it may cite."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.alert import Moment
from engine.catalogue import Catalogue, Plan
from engine.decision import Candidate, Decision, Forecast
from engine.history import (
    HISTORY_DAYS,
    MONTH,
    History,
    amounts,
    changes,
    exact,
    history,
    is_level,
    value_days_of,
)
from engine.moments import BEST_MONTH
from engine.snapshot import AccountFacts, Snapshot
from engine.story import MeterStory, PlanStory, Range, Story, Stretch
from engine.together import beside
from engine.usage import MeterUse

_PAST = 12
"""Closed periods a story looks back on."""


def tell(
    snapshot: Snapshot, catalogue: Catalogue, candidate: Candidate, decision: Decision
) -> Story:
    """The facts behind `candidate` as they stood when `decision` was made."""
    account, today = snapshot.account, _today(snapshot, decision.at)
    plan = catalogue.plans.get(account.plan or "")
    following = catalogue.plans.get(account.next_plan or "")
    forecasts = {forecast.meter: forecast for forecast in decision.forecasts}
    stories = {
        meter.key: _meter(
            meter,
            _unit(catalogue, plan, meter, account),
            forecasts.get(meter.key),
            today,
            decision.at,
        )
        for meter in snapshot.meters
    }
    meaningful = {meter.key for meter in snapshot.meters if meter.meaningful}
    past = history(snapshot, today)
    return Story(
        account=account.id,
        account_name=account.name,
        product=catalogue.product.name,
        currency=account.currency,
        time_zone=account.time_zone,
        alert_class=candidate.alert_class,
        moment=candidate.moment,
        stage=decision.stage.stage,
        as_of=decision.at,
        main=stories.pop(candidate.key.meter),
        others=tuple(story for key, story in stories.items() if key in meaningful),
        plan=_plan(plan, account, catalogue, account.price),
        next_plan=_plan(following, account, catalogue, None),
        value_since=_value_since(past),
        value_days28=_value_days28(past, today),
        people28=_people28(snapshot, today),
        renewal=account.renewal,
        milestone=_milestone(candidate),
        beside=tuple(stories[key] for key in beside(snapshot, decision, candidate)),
    )


def meter_story(
    meter: MeterUse,
    snapshot: Snapshot,
    catalogue: Catalogue,
    decision: Decision | None,
    now: datetime,
) -> MeterStory:
    """One meter as it stands at `now`, with the range that the newest decision foresaw."""
    known = decision.forecasts if decision else ()
    forecast = next((f for f in known if f.meter == meter.key), None)
    plan = catalogue.plans.get(snapshot.account.plan or "")
    unit = _unit(catalogue, plan, meter, snapshot.account)
    return _meter(meter, unit, forecast, _today(snapshot, now), now)


def _unit(
    catalogue: Catalogue, plan: Plan | None, meter: MeterUse, account: AccountFacts
) -> Decimal | None:
    """The price of one unit above the limit, where there is one for all of them."""
    overage = catalogue.overage(plan, meter.key, account.currency) if plan else None
    return overage if isinstance(overage, Decimal) else None


def _meter(
    meter: MeterUse,
    overage: Decimal | None,
    forecast: Forecast | None,
    today: date,
    as_of: datetime,
) -> MeterStory:
    start = max(meter.period.start, meter.first_day or today) if not meter.period.end else None
    return MeterStory(
        key=meter.key,
        name_one=meter.name_one,
        name_other=meter.name_other,
        value=meter.value,
        kind=meter.kind,
        aggregation=meter.aggregation,
        at_limit=meter.at_limit,
        used=meter.used,
        limit=meter.limit,
        next_limit=meter.next_limit,
        period_start=start or meter.period.start,
        period_end=meter.period.end,
        past=tuple(
            Stretch(start=period.start, end=period.end, used=period.used)
            for period in meter.closed[-_PAST:]
        ),
        daily=_daily(meter, start or meter.period.start, today),
        pace=_pace(meter, today),
        forecast=_range(forecast),
        overage=overage,
        as_of=as_of,
    )


def _daily(meter: MeterUse, start: date, today: date) -> tuple[Decimal, ...]:
    """One amount a day from the period's first day to today; days before any use are zero."""
    days = amounts(meter, today).tolist()
    wanted = (today - start).days + 1
    known = days[-wanted:] if wanted > 0 else []
    return tuple(map(exact, [0.0] * (wanted - len(known)) + known))


def _pace(meter: MeterUse, today: date) -> Decimal | None:
    """Units a day over the last complete 28 days, or as many as there are."""
    complete = changes(meter, today)[:-1]
    lately = complete[1 if is_level(meter) else 0 :][-MONTH:]
    return exact(float(lately.mean())) if len(lately) else None


def _range(forecast: Forecast | None) -> Range | None:
    if forecast is None or not forecast.known:
        return None
    low, mid, high = forecast.low, forecast.mid, forecast.high
    return Range(low=low, mid=mid, high=high) if low and mid and high else None


def _plan(
    plan: Plan | None, account: AccountFacts, catalogue: Catalogue, agreed: Decimal | None
) -> PlanStory | None:
    """The plan at its list price; a price agreed with this account goes before."""
    if plan is None:
        return None
    return PlanStory(
        key=plan.key,
        name=plan.name,
        price=catalogue.price(plan, account.currency) if agreed is None else agreed,
        per=plan.per,
        period=plan.period,
        seats=account.seats,
    )


def _value_since(past: History) -> date | None:
    """The first value day; None where it may lie before the days we know."""
    return past.first_value if len(past.value) < HISTORY_DAYS else None


def _value_days28(past: History, today: date) -> int:
    day = today.toordinal()
    return past.value_days.between(day - MONTH + 1, day + 1)


def _people28(snapshot: Snapshot, today: date) -> int | None:
    """People with value in 28 days; None where usage carries no user ids."""
    if not snapshot.user_days:
        return None
    counts: Iterable[int] = value_days_of(snapshot.user_days, today).values()
    return sum(days > 0 for days in counts)


def _milestone(candidate: Candidate) -> Decimal | None:
    """The round number reached; None for the best month and for every other moment."""
    if candidate.moment is not Moment.MILESTONE or candidate.key.period.startswith(BEST_MONTH):
        return None
    return Decimal(candidate.key.period)


def _today(snapshot: Snapshot, at: datetime) -> date:
    return at.astimezone(ZoneInfo(snapshot.account.time_zone)).date()
