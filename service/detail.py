"""Everything behind one decision: facts, gates passed and failed, texts, what would change it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Outcome, Reason, ReasonCode
from engine.decision import Candidate, Decision, Forecast
from engine.errors import Invalid, LocaleMissing, NotFound
from engine.history import is_level
from engine.reading import uses
from engine.restraint import GATES
from engine.snapshot import Blocker, Person, Role, Snapshot
from engine.tell import tell
from engine.usage import MeterKind, MeterUse
from engine.whatif import WhatIf, what_if
from service import snapshot, wording
from service.context import Context
from service.explain import WORDS, Explanation, explain
from store import alerts, decisions, outbox
from templates.message import Audience, Message


class Passed(StrEnum):
    """How a gate answered; not every gate is asked about every class of alert."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAnswer:
    """One gate and how it answered about one moment."""

    code: ReasonCode
    passed: Passed
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A moment that held, and every gate's answer in their order."""

    candidate: Candidate
    gates: tuple[GateAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A meter's forecast, or why there is none."""

    meter: MeterUse
    forecast: Forecast | None
    why_not: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one alert says to the champion. `sent`: it went out; else it would have been said.

    `message` None: there are no texts in the reader's language.
    """

    candidate: Candidate
    sent: bool
    to: Person | None
    locale: str
    message: Message | None
    deliveries: tuple[outbox.StoredDelivery, ...]
    closed_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One decision with all that is behind it; `same_day`: what else was decided that day."""

    explanation: Explanation
    blockers: tuple[Blocker, ...]
    outlooks: tuple[Outlook, ...]
    judged: tuple[Judged, ...]
    texts: tuple[Text, ...]
    what_if: tuple[WhatIf, ...]
    same_day: tuple[decisions.StoredDecision, ...]


def one(context: Context, account: str, *, on: str | None = None) -> Detail:
    """The decision in force now or at `on`, a day or an instant of the account's own time.

    Raises:
        NotFound: there is no such account, or nothing was decided about it by then.
        Invalid: `on` is no day and no instant.
    """
    with context.database.read() as session:
        name = snapshot.zone(session, account, context.policy())
    if name is None:
        raise NotFound(f"there is no account {account!r}")
    at = _instant(on, ZoneInfo(name)) if on is not None else None
    return behind(context, explain(context, account, on=at))


def behind(context: Context, found: Explanation) -> Detail:
    """Everything behind a decision."""
    facts, decision = found.facts, found.decision
    return Detail(
        explanation=found,
        blockers=_open(facts, found.at) if facts else (),
        outlooks=tuple(_outlooks(facts, found)) if facts else (),
        judged=tuple(Judged(candidate=c, gates=_gates(c, decision)) for c in decision.candidates),
        texts=_texts(context, found, facts) if facts else (),
        what_if=what_if(facts, found.policy.policy, decision.at, decision) if facts else (),
        same_day=_same_day(context, found),
    )


_PLUS = re.compile(r"(?<=:\d\d) (?=\d\d:\d\d$)")


def _instant(on: str, zone: ZoneInfo) -> datetime:
    """A day means its end: what was decided last on it."""
    try:
        # In an address a plus that nobody escaped arrives as a space.
        at = datetime.fromisoformat(_PLUS.sub("+", on.strip()))
    except ValueError:
        detail = f"{on!r} is no day like 2026-06-12 and no instant like 2026-06-12T09:00:00Z"
        raise Invalid(detail, pointer="on") from None
    if len(on.strip()) <= len("2026-06-12"):
        at = datetime.combine(at.date(), time.max)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _open(facts: Snapshot, at: datetime) -> tuple[Blocker, ...]:
    return tuple(
        b for b in facts.blockers if b.opened <= at and (b.closed is None or b.closed > at)
    )


def _outlooks(facts: Snapshot, found: Explanation) -> Sequence[Outlook]:
    known = {forecast.meter: forecast for forecast in found.decision.forecasts}
    return [
        Outlook(
            meter=meter,
            forecast=known.get(meter.key),
            why_not=_why_not(meter, known.get(meter.key), found),
        )
        for meter in facts.meters
        if meter.meaningful
    ]


def _why_not(meter: MeterUse, forecast: Forecast | None, found: Explanation) -> str | None:
    """Why nothing is foreseen for a meter, as a name."""
    policy = found.policy.policy
    if forecast is not None and forecast.known:
        return None
    if not meter.limit_known:
        return "limit_unknown"
    if meter.limit is None:
        return "no_limit"
    if not uses(meter, min(policy.pace.used, policy.approaching.used)):
        return "little_used"
    level = meter.kind is not MeterKind.CUMULATIVE and is_level(meter)
    return "no_method" if level or meter.kind is MeterKind.PEAK else "data_thin"


def _gates(candidate: Candidate, decision: Decision) -> tuple[GateAnswer, ...]:
    """Every gate's answer; the check of the words comes last before the holdout, if at all."""
    against = {reason.code: reason for reason in candidate.reasons}
    answers = [
        GateAnswer(
            code=gate.code,
            passed=_passed(gate.code in against, candidate.alert_class in gate.classes),
            reason=against.get(gate.code),
        )
        for gate in GATES
    ]
    if candidate != decision.chosen or set(against) - {ReasonCode.HELD_OUT}:
        return tuple(answers)
    words = {reason.code: reason for reason in decision.reasons if reason.code in WORDS}
    checked = [
        GateAnswer(code=code, passed=_passed(code in words, True), reason=words.get(code))
        for code in (ReasonCode.COPY_BLOCKED, ReasonCode.LOCALE_MISSING)
    ]
    # Holding out at random comes after everything else, the words included.
    before = [answer for answer in answers if answer.code is not ReasonCode.HELD_OUT]
    return (*before, *checked, *answers[len(before) :])


def _passed(failed: bool, asked: bool) -> Passed:
    if failed:
        return Passed.FAILED
    return Passed.PASSED if asked else Passed.NOT_ASKED


def _texts(context: Context, found: Explanation, facts: Snapshot) -> tuple[Text, ...]:
    """The notices, and the ask or reflection: said, or held back."""
    decision = found.decision
    said = decision.outcome in (Outcome.ASK, Outcome.REFLECT)
    about = [(notice, True) for notice in decision.notices]
    if decision.chosen is not None:
        about.append((decision.chosen, said))
    elif not about:
        held = [c for c in decision.candidates if c.alert_class is AlertClass.NOTICE]
        about = [(notice, False) for notice in held]
    with context.database.read() as session:
        raised = alerts.of_account(session, facts.account.id, limit=500) if about else ()
        mine = {a.key: a for a in raised if a.raised_at == decision.at}
        sent = {
            key: outbox.of_alert(session, alert.account, alert.id) for key, alert in mine.items()
        }
    return tuple(
        _text(found, facts, candidate, went, mine.get(candidate.key), sent.get(candidate.key, ()))
        for candidate, went in about
    )


def _text(
    found: Explanation,
    facts: Snapshot,
    candidate: Candidate,
    sent: bool,
    alert: alerts.StoredAlert | None,
    deliveries: Sequence[outbox.StoredDelivery],
) -> Text:
    decision = found.decision
    notice = candidate.alert_class is AlertClass.NOTICE
    recipient = decision.notice_recipient if notice else decision.recipient
    to = next((p for p in facts.people if p.id == recipient), None) or _champion(facts)
    locale = wording.locale_of(to, facts)
    try:
        message = wording.message(
            tell(facts, found.policy.catalogue, candidate, decision),
            Audience.CHAMPION,
            locale,
            can_buy=to is not None and to.can_buy,
        )
    except LocaleMissing:
        message = None
    return Text(
        candidate=candidate,
        sent=sent,
        to=to,
        locale=locale,
        message=message,
        deliveries=tuple(deliveries),
        closed_as=alert.closed_as if alert and sent else None,
    )


def _champion(facts: Snapshot) -> Person | None:
    """Who would hear of it, were they reachable and not asked lately."""
    return next((p for p in facts.people if p.role is Role.CHAMPION), None)


def _same_day(context: Context, found: Explanation) -> tuple[decisions.StoredDecision, ...]:
    """The other decisions of the day on which this one was first made, oldest first."""
    day = found.stored.at.astimezone(found.zone).date()
    start = datetime.combine(day, time(), found.zone)
    end = start + timedelta(days=1) - timedelta(microseconds=1)
    with context.database.read() as session:
        near = decisions.of_account(session, found.stored.account, limit=50, on=end)
    return tuple(d for d in reversed(near) if d.at >= start and d.at != found.stored.at)
