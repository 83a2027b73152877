"""The exact messages an account would get at a moment, for each audience, without sending any."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.alert import AlertClass, AlertKey, Moment
from engine.decide import decide
from engine.decision import Candidate, Decision
from engine.errors import Invalid, LocaleMissing, NotFound
from engine.snapshot import Person, Role, Snapshot
from engine.story import Story
from engine.tell import tell
from engine.usage import AtLimit, MeterUse
from service import links, sealed, snapshot, wording
from service.channel import DeliveryKind, Outgoing, Recipient
from service.config import Applied
from service.context import Context
from service.people import APPROVERS, display
from templates import chart

_AUDIENCES = (Role.USER, Role.CHAMPION, Role.MANAGER, Role.FINANCE)
_REFLECTIONS = (Moment.MILESTONE, Moment.RIGHT_SIZE)
_CHART, _LIVES = "chart of a preview", timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one audience would get. `holds`: the moment holds at the account now.

    `missing`: it says less than it would then, since what it rests on (a forecast) isn't there.
    """

    outgoing: Outgoing
    audience: Role
    to: Person | None
    holds: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What would be told at a moment, as one class of alert."""

    kind: AlertClass
    story: Story
    holds: bool


def preview(
    context: Context, account: str, moment: Moment, *, audience: Role | None = None
) -> tuple[Preview, ...]:
    """The messages at a moment, as the persons there would get them.

    Raises:
        NotFound: there is no such account.
        Invalid: it has no meter the moment could be about.
    """
    facts, applied = _loaded(context, account)
    upgrade = links.upgrade(applied, facts, "preview")
    made: list[Preview] = []
    for told in _told(context, facts, applied, moment):
        story = told.story
        missing = ("forecast",) if moment is Moment.PACE and not story.main.forecast else ()
        picture = chart_url(context, account, moment, told.kind)
        for who in (audience,) if audience else _readers(told.kind):
            to = _person(facts, who)
            outgoing = replace(_outgoing(story, facts, who, to, upgrade), chart_url=picture)
            if who in APPROVERS:
                case = {"case": "preview"}
                outgoing = replace(outgoing, case_url=context.public_url or None, extra=case)
            why = wording.why_of(story, applied.policy, outgoing.locale)
            one = Preview(
                outgoing=replace(outgoing, why=why),
                audience=who,
                to=to,
                holds=told.holds,
                missing=missing,
            )
            made.append(one)
    return tuple(made)


def chart_url(context: Context, account: str, moment: Moment, kind: AlertClass) -> str:
    """The address of the chart that goes with such a message; it names the account to nobody."""
    token = sealed.seal(context, _CHART, account, moment, kind, lives=_LIVES)
    return f"{context.public_url}/chart/preview/{token}.png"


def chart_png(context: Context, token: str) -> bytes:
    """The chart behind such an address, of how the account stands now.

    Raises:
        NotFound: there is no such chart.
        Gone: the address is over.
    """
    (account, moment, kind), _ = sealed.opened(context, _CHART, token)
    facts, applied = _loaded(context, account)
    found = {told.kind: told.story for told in _told(context, facts, applied, Moment(moment))}
    if AlertClass(kind) not in found:
        raise NotFound("there is no such chart")
    return chart.picture(found[AlertClass(kind)], locale=applied.catalogue.product.locale)


def _loaded(context: Context, account: str) -> tuple[Snapshot, Applied]:
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
    if facts is None:
        raise NotFound(f"there is no account {account!r}")
    return facts, applied


def _told(context: Context, facts: Snapshot, applied: Applied, moment: Moment) -> Iterator[_Told]:
    """The stories of a moment, one for each class it is said as."""
    decision = decide(facts, applied.policy, context.clock.now())
    meter = _meter(facts, decision, moment)
    for kind in _classes(moment, meter):
        candidate, holds = _candidate(facts, decision, moment, kind, meter)
        story = tell(facts, applied.catalogue, candidate, decision)
        yield _Told(kind=kind, story=story, holds=holds)


def _meter(facts: Snapshot, decision: Decision, moment: Moment) -> MeterUse:
    """The meter at which the moment holds; else the one that is fullest."""
    holding = [c.key.meter for c in decision.candidates if c.moment is moment]
    known = {m.key: m for m in facts.meters}
    if holding and holding[0] in known:
        return known[holding[0]]
    meters = [m for m in facts.meters if m.meaningful] or list(facts.meters)
    if not meters:
        raise Invalid("nothing is counted there", pointer="account", code="no_meter")
    return max(meters, key=lambda m: m.used / m.limit if m.limit else m.used * 0)


def _classes(moment: Moment, meter: MeterUse) -> tuple[AlertClass, ...]:
    """What the moment is said as, in this order."""
    if moment in _REFLECTIONS:
        return (AlertClass.REFLECTION,)
    if moment is Moment.AT_LIMIT:
        return AlertClass.NOTICE, AlertClass.ASK
    stops = moment is Moment.APPROACHING and meter.at_limit is AtLimit.STOPS
    return (AlertClass.NOTICE,) if stops else (AlertClass.ASK,)


def _readers(kind: AlertClass) -> tuple[Role, ...]:
    """Who gets it: only an ask is passed on."""
    return _AUDIENCES if kind is AlertClass.ASK else (Role.CHAMPION,)


def _candidate(
    facts: Snapshot, decision: Decision, moment: Moment, kind: AlertClass, meter: MeterUse
) -> tuple[Candidate, bool]:
    """The moment as it holds, or as if it did."""
    for one in (*decision.notices, *decision.candidates):
        if one.moment is moment and one.alert_class is kind and one.key.meter == meter.key:
            return one, True
    key = AlertKey(
        account=facts.account.id,
        meter=meter.key,
        moment=moment,
        alert_class=kind,
        period=meter.period.start.isoformat(),
    )
    return Candidate(key=key, p=None, evidence=(), reasons=()), False


def _person(facts: Snapshot, role: Role) -> Person | None:
    return next((p for p in facts.people if p.role is role and not p.muted), None)


def _outgoing(
    story: Story, facts: Snapshot, who: Role, to: Person | None, upgrade: str | None
) -> Outgoing:
    forwarded = who in APPROVERS
    champion = _person(facts, Role.CHAMPION)
    notice = story.alert_class is AlertClass.NOTICE
    told = DeliveryKind.NOTICE if notice else DeliveryKind.SUMMARY
    try:
        locale = wording.locale_of(to, facts)
    except LocaleMissing:
        locale = "en"
    return Outgoing(
        id="preview",
        kind=DeliveryKind.FORWARD if forwarded else told,
        alert="preview",
        account=facts.account.id,
        person=to or Person(id="nobody", role=who, can_buy=forwarded),
        address=None,
        story=story,
        audience=who,
        locale=locale,
        upgrade_url=upgrade if story.alert_class is AlertClass.ASK else None,
        asked_by=champion if forwarded else None,
        recipients=tuple(_recipients(facts)) if who is Role.CHAMPION else (),
    )


def _recipients(facts: Snapshot) -> Iterator[Recipient]:
    for role in APPROVERS:
        person = _person(facts, role)
        if person is not None:
            yield Recipient(id=person.id, name=display(person), role=role, channel="")
