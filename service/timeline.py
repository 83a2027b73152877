"""An account's last months on one page, behind a link that an admin gets and that lasts an hour."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Moment
from engine.errors import Gone, NotFound
from engine.instant import local_day
from engine.snapshot import Snapshot
from engine.tell import meter_story
from engine.usage import MeterUse
from service import chain, drawn, explain, frozen, sealed, snapshot, wording
from service.case import Page
from service.config import Applied
from service.context import Context
from service.daily import days_of
from service.drawn import Row, Window
from store import alerts, decisions
from store.alerts import StoredAlert
from templates import labels
from templates import timeline as pages
from templates.timeline_view import AccountView, Day, MeterPart, Span, Step

LIVES = timedelta(hours=1)
DAYS = 90
_PURPOSE, _METERS = "timeline", 4


def link(context: Context, account: str) -> str:
    """An address that shows this account's timeline, and no other's, for an hour.

    Whoever has it needs no login: give it to the vendor's admins alone.
    """
    return f"{context.public_url}/timeline/{sealed.seal(context, _PURPOSE, account, lives=LIVES)}"


def page(context: Context, token: str) -> Page:
    """The account behind a link, or a small page that says why there is none."""
    product = context.policy().catalogue.product
    try:
        (account,), until = sealed.opened(context, _PURPOSE, token)
        view = _view(context, account, until)
    except NotFound:
        return _page(pages.not_found(product.name, product.locale), 404)
    except Gone:
        return _page(pages.gone(product.name, product.locale), 410)
    return _page(pages.page(view), 200)


def _page(html: str, status: int) -> Page:
    return Page(html=html, status=status, style=pages.style_hash())


def _view(context: Context, account: str, until: datetime) -> AccountView:
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
        if facts is None:
            raise NotFound(f"there is no account {account!r}")
        window = _window(facts, now)
        stored = decisions.since(session, account, window.start)
        raised = alerts.since(session, account, window.start)
        came = chain.of(session, account, raised)
    rows = [Row(stored=one, decision=frozen.decision(one.body)) for one in stored]
    product = applied.catalogue.product
    newest = rows[-1].decision if rows else None
    return AccountView(
        product=product.name,
        locale=product.locale,
        account=account,
        name=facts.account.name,
        zone=facts.account.time_zone,
        days=window.days,
        as_of=now,
        until=until,
        sentence=_sentence(rows[-1], product.locale, window) if rows else _nothing(applied, now),
        stage=_stage(rows[-1], product.locale) if rows else None,
        trust=newest.balance.trust if newest else None,
        asks=sum(a.key.alert_class is AlertClass.ASK and _said(a) for a in raised),
        meters=tuple(_meters(facts, rows, raised, window, applied, now)),
        spans=tuple(reversed(list(_spans(rows, raised, came, window, applied)))),
    )


def _window(facts: Snapshot, now: datetime) -> Window:
    """The last ninety days, or as many as anything is known of; a fortnight at least."""
    today = local_day(now, facts.account.time_zone)
    known = [meter.first_day for meter in facts.meters if meter.first_day]
    first = max(min(known, default=today), today - timedelta(days=DAYS - 1))
    first = min(first, today - timedelta(days=13))
    zone = ZoneInfo(facts.account.time_zone)
    return Window(first=first, days=(today - first).days + 1, zone=zone)


def _meters(
    facts: Snapshot,
    rows: Sequence[Row],
    raised: Sequence[StoredAlert],
    window: Window,
    applied: Applied,
    now: datetime,
) -> Iterator[MeterPart]:
    """The meters that matter, the one first that was spoken of last."""
    today, zone = local_day(now, facts.account.time_zone), facts.account.time_zone
    newest = rows[-1].decision if rows else None
    for meter in _in_order(facts, rows, raised)[:_METERS]:
        days = days_of(meter, today, zone)
        yield MeterPart(
            story=meter_story(meter, facts, applied.catalogue, newest, now),
            timeline=drawn.timeline(facts.account.id, meter, days, rows, raised, window),
            days=tuple(
                Day(day=day.day, used=day.used, total=day.total, limit=day.limit)
                for day in days
                if day.day >= window.first
            ),
        )


def _in_order(
    facts: Snapshot, rows: Sequence[Row], raised: Sequence[StoredAlert]
) -> list[MeterUse]:
    spoken = [a.key.meter for a in reversed(raised)]
    due = [row.stored.meter for row in reversed(rows) if row.stored.meter]
    order = list(dict.fromkeys([*spoken, *due]))
    meters = [m for m in facts.meters if m.meaningful and m.first_day]
    return sorted(meters, key=lambda m: order.index(m.key) if m.key in order else len(order))


def _spans(
    rows: Sequence[Row],
    raised: Sequence[StoredAlert],
    came: Mapping[str, chain.Chain],
    window: Window,
    applied: Applied,
) -> Iterator[Span]:
    """What was decided, oldest first; neighbours that say the same are one."""
    said: dict[datetime, list[StoredAlert]] = {}
    for alert in filter(_said, raised):
        said.setdefault(alert.raised_at, []).append(alert)
    for _, group in groupby(rows, key=lambda row: _alike(row, row.stored.at in said)):
        of = list(group)
        for one in said.get(of[0].stored.at, [None]):
            steps = tuple(_steps(came[one.id], window, applied)) if one else ()
            yield _span(of[0], of[-1], one, steps, window, applied.catalogue.product.locale)


def _alike(row: Row, said: bool) -> tuple[object, ...]:
    """What rows have in common that are told as one; what was said stands by itself."""
    stored = row.stored
    if said:
        return (stored.at,)
    return stored.outcome, stored.reason, stored.moment, stored.meter


def _span(
    first: Row,
    last: Row,
    alert: StoredAlert | None,
    steps: tuple[Step, ...],
    window: Window,
    locale: str,
) -> Span:
    moment = alert.key.moment if alert else first.stored.moment
    return Span(
        first=max(_day(first.stored.at, window), window.first),
        last=_day(last.stored.until or last.stored.at, window),
        said=AlertClass(alert.key.alert_class) if alert else None,
        moment=Moment(moment) if moment else None,
        sentence=_sentence(last, locale, window),
        closed_as=alert.closed_as if alert else None,
        steps=steps,
    )


def _steps(came: chain.Chain, window: Window, applied: Applied) -> Iterator[Step]:
    """What came of an alert, in its order: passed on, answered, moved up."""
    gone = [one for one in came.forwards if one.state not in ("undone", "failed")]
    found = [("passed_on", one.created_at) for one in gone]
    found += [(a.kind, a.at) for one in gone for a in came.answers.get(one.case, ())]
    for kind, at in sorted(found, key=lambda step: step[1]):
        yield Step(kind=kind, day=_day(at, window))
    if came.upgrade is not None:
        plan = applied.catalogue.plans.get(came.upgrade.plan)
        name = plan.name if plan else came.upgrade.plan
        yield Step(kind="upgrade", day=_day(came.upgrade.at, window), plan=name)


def _said(alert: StoredAlert) -> bool:
    return alert.closed_as != "held_out"


def _sentence(row: Row, locale: str, window: Window) -> str:
    today = _day(row.stored.until or row.stored.at, window)
    return explain.sentence(row.decision, locale, today, for_admin=True)


def _nothing(applied: Applied, now: datetime) -> str:
    return wording.silence((), applied.catalogue.product.locale, for_admin=True, today=now.date())


def _stage(row: Row, locale: str) -> str:
    view = row.decision.stage
    if view.dormant:
        return labels.overlay_name("dormant", locale)
    if view.outgrowing:
        return labels.overlay_name("outgrowing", locale)
    return labels.stage_name(view.stage, locale)


def _day(at: datetime, window: Window) -> date:
    return at.astimezone(window.zone).date()
