"""The steps of "what would change it" in words: the change, and what would be decided then."""

from decimal import Decimal

from engine.alert import Moment, Outcome, Reason, ReasonCode
from engine.decision import Decision
from engine.trial import Change
from engine.whatif import WhatIf
from segue.commands.written import amount, day, piece
from service.explain import Explanation
from templates.labels import evidence_name, moment_name

_WITHOUT = {
    ReasonCode.CANCEL_PENDING: "the cancellation",
    ReasonCode.PAYMENT_FAILED: "the failed payment",
    ReasonCode.INCIDENT: "the incident",
    ReasonCode.TICKET_OPEN: "the open ticket",
    ReasonCode.SALES_ACTIVE: "the open sales talk",
    ReasonCode.CARE_FLAG: "the mark for special care",
    ReasonCode.OBJECTED: "the objection",
    ReasonCode.CUSTOM_CONTRACT: "the contract of its own",
    ReasonCode.ACCOUNT_MUTED: "the mute",
    ReasonCode.PULL_ONLY: "the times it said no",
    ReasonCode.DATA_SUSPECT: "the suspect day",
    ReasonCode.ONE_OFF: "the one unusual day",
    ReasonCode.ASK_SPACING: "the ask on its way",
    ReasonCode.REFLECTION_SPACING: "the alert on its way",
    ReasonCode.COPY_BLOCKED: "what the lint holds against the text",
    ReasonCode.LOCALE_MISSING: "the gap in the languages",
    ReasonCode.HELD_OUT: "the holdout",
}
_WITH = {
    ReasonCode.POLICY_OFF: 'mode = "live"',
    ReasonCode.SHADOW: 'mode = "live", and rolled out to it',
    ReasonCode.DATA_STALE: "a usage report",
    ReasonCode.NO_NEXT_PLAN: "a larger plan to go to",
    ReasonCode.DORMANT: "use again today",
    ReasonCode.DECLINING: "as much use as in the weeks before",
    ReasonCode.NO_RECIPIENT: "the widget switched on",
}

_STAGE = {
    "breadth28": "{} people who use it",
    "value_days28": "{} days of use in 28, in more than one week",
    "value_days": "{} days of use, in more than one week",
    "depth28": "{} kinds of use",
    "age": "an age of {}",
}


def step(one: WhatIf, found: Explanation, *, first: bool) -> tuple[str, str, str]:
    """The change, what would be decided then, and the colour of it."""
    change = _change(one, found)
    words = change[:1].upper() + change[1:] if first or one.change is Change.USED else change
    joined = words if first or one.change is Change.USED else f"and {words}"
    then, style = _then(one.then) if one.then else ("it is looked at and decided anew", "")
    return joined, then, style


def _change(one: WhatIf, found: Explanation) -> str:
    known = dict(one.evidence)
    match one.change:
        case Change.WITHOUT:
            about = _WITHOUT.get(one.reason or ReasonCode.NO_MOMENT, str(one.reason))
            told = ", ".join(f"{evidence_name(k, 'en')} {piece(v)}" for k, v in one.evidence[:1])
            return f"without {about}" + (f" ({told})" if told else "")
        case Change.ON_DAY:
            when = f"from {day(one.on)}" if one.on else "later"
            return f"{when}, when {one.reason} ends{_reset(one, found)}"
        case Change.NEW_PERIOD if one.on is None:
            chosen = found.decision.chosen
            once = chosen is not None and chosen.moment is Moment.MILESTONE
            return "it is said once" if once else "it is said once, until the limit changes"
        case Change.NEW_PERIOD:
            return f"from {day(one.on)}, a new period, once as much is used" if one.on else ""
        case Change.USED:
            meter = _name(known["meter"], found)
            used, now = amount(Decimal(known["used"])), amount(Decimal(known["now"]))
            if one.then is None:
                return f"from {used} {meter} on (now {now})"
            return f"with {used} {meter} used by now, not {now}"
        case Change.SAID:
            return "once it is delivered"
        case Change.WITH:
            return f"with {_needed(one, known)}"


def _needed(one: WhatIf, known: dict[str, str]) -> str:
    match one.reason:
        case ReasonCode.STAGE_EXPERIMENTING | ReasonCode.STAGE_LEARNING:
            return " and ".join(_STAGE[key].format(value) for key, value in one.evidence)
        case ReasonCode.POLICY_OFF if "paused" in known:
            return "`segue resume`"
        case ReasonCode.TRUST_LOW if "value_days" in known:
            return f"{known['value_days']} more days of use"
        case None:
            return "more"
        case code:
            return _WITH.get(code, str(code))


def _reset(one: WhatIf, found: Explanation) -> str:
    """Whether a new period has begun by then: what is used now will not be used then."""
    chosen = found.decision.chosen
    meters = found.facts.meters if found.facts else ()
    meter = next((m for m in meters if chosen and m.key == chosen.key.meter), None)
    if meter is None or meter.period.end is None or one.on is None or one.on < meter.period.end:
        return ""
    return ", once as much is used in the new period"


def _name(meter: str, found: Explanation) -> str:
    meters = found.facts.meters if found.facts else ()
    return next((m.name_other for m in meters if m.key == meter), meter)


def _then(decision: Decision) -> tuple[str, str]:
    chosen, notice = decision.chosen, next(iter(decision.notices), None)
    name = moment_name(chosen.moment, "en") if chosen else ""
    why = "; ".join(_because(reason) for reason in decision.reasons)
    match decision.outcome:
        case Outcome.ASK | Outcome.REFLECT:
            return f"{decision.outcome}: {name}", "green"
        case Outcome.NOTICE:
            about = moment_name(notice.moment, "en") if notice else ""
            return f"notice: {about}" + (f"; no ask: {why}" if why else ""), "blue"
        case Outcome.HELD_OUT:
            return f"held out at random: {name}", "yellow"
        case _ if any(reason.code is ReasonCode.NO_MOMENT for reason in decision.reasons):
            return "silent: nothing would be due", "yellow"
        case _:
            return f"silent: {why}", "yellow"


def _because(reason: Reason) -> str:
    return f"{reason.code}" + (f" until {day(reason.until)}" if reason.until else "")
