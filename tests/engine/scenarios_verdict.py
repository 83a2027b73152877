"""What is decided about a scenario, in the words of its `[expected]` and `[sentence]` tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import ndiff
from typing import Any
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Outcome, Reason
from engine.decide import decide
from engine.decision import Candidate, Decision
from engine.release import Defer, Expire, Push, Reader, Send, ended, release
from engine.snapshot import Snapshot
from engine.story import Story
from engine.usage import AtLimit
from service import wording
from service.conclude import Raised, conclude
from service.dispatch import public_holidays
from templates.facts import facts_of
from templates.pack import pack
from tests.engine.scenarios import Scenario, instant, spoken_instant

_FIELDS = (
    "outcome", "moment", "class", "meter", "reason", "also", "until", "next_possible", "p",
    "to", "banner", "notices", "notice_to", "others", "stage", "overlays", "push",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision of a scenario, and what is read of it."""

    facts: Snapshot
    decision: Decision
    raised: list[Raised]
    deferred: Reason | None
    expected: dict[str, Any]


def verdict(scenario: Scenario) -> Verdict:
    """Decide, with the words checked, and send where the scenario says when."""
    facts = scenario.snapshot()
    decision, raised = conclude(
        facts, decide(facts, scenario.applied.policy, scenario.now), scenario.applied
    )
    told = _told(decision, scenario.said.get("expected", {}).get("p"))
    pushed, deferred = _pushed(scenario, decision), None
    match pushed:
        case (Defer(until=until, reason=reason), ZoneInfo() as zone):
            opening = until.astimezone(zone)
            deferred = Reason(code=reason, until=opening.date())
            told |= {"outcome": Outcome.DEFER, "reason": reason, "also": []}
            told["until"] = spoken_instant(opening, zone)
        case (Expire(reason=why), _):
            told["push"] = f"dropped: {why}"
        case (Send(), _):
            told["push"] = "sent"
    return Verdict(
        facts=facts,
        decision=decision,
        raised=raised,
        deferred=deferred,
        expected={key: told[key] for key in _FIELDS if told.get(key)},
    )


def _told(decision: Decision, p: str | None) -> dict[str, Any]:
    """The decision field by field; what is empty is left out."""
    chosen, stage, reasons = decision.chosen, decision.stage, decision.reasons
    speaks = decision.outcome in (Outcome.ASK, Outcome.REFLECT)
    beside = [c for c in decision.candidates if c is not chosen and c not in decision.notices]
    overlays = {"dormant": stage.dormant, "outgrowing": stage.outgrowing}
    first = reasons[0].until if reasons else None
    return {
        "outcome": decision.outcome,
        "moment": chosen and chosen.moment,
        "class": chosen and chosen.alert_class,
        "meter": chosen and _unusual(chosen),
        "reason": decision.reason,
        "also": [reason.code for reason in reasons[1:]],
        "until": first and first.isoformat(),
        "next_possible": decision.next_possible and decision.next_possible.isoformat(),
        "p": _probability(chosen.p if chosen else None, p),
        "to": decision.recipient if speaks else None,
        "banner": list(decision.audience) if speaks else [],
        "notices": [_name(c, short=True) for c in decision.notices],
        "notice_to": decision.notice_recipient,
        "others": [_name(c) for c in beside],
        "stage": stage.stage,
        "overlays": [name for name, holds in overlays.items() if holds],
    }


def _name(candidate: Candidate, *, short: bool = False) -> str:
    name = candidate.moment if short else f"{candidate.moment} {candidate.alert_class}"
    meter = _unusual(candidate)
    return f"{name} on {meter}" if meter else name


def _unusual(candidate: Candidate) -> str | None:
    """The meter where it is not the one that most scenarios are about."""
    return None if candidate.key.meter == "reports" else candidate.key.meter


def _probability(p: float | None, wanted: str | None) -> str | None:
    """The range the scenario names, where `p` lies in it; else `p` itself. Unnamed, it is free."""
    if p is None or wanted is None:
        return None
    low, high = map(float, wanted.split(".."))
    return wanted if low <= p <= high else f"{p:.2f}"


def _pushed(
    scenario: Scenario, decision: Decision
) -> tuple[Send | Defer | Expire, ZoneInfo] | None:
    """What becomes of the push at the time the scenario tries it, and the reader's zone."""
    send, chosen = scenario.said.get("send"), next(_spoken(decision), None)
    if not send or not chosen:
        return None
    notice = chosen.alert_class is AlertClass.NOTICE
    name = decision.notice_recipient if notice else decision.recipient
    facts = scenario.snapshot(now := instant(send["at"], scenario.zone))
    person = next(p for p in facts.people if p.id == name)
    zone = ZoneInfo(person.time_zone or facts.account.time_zone)
    quiet = send.get("do_not_disturb_until")
    meter = next(m for m in facts.meters if m.key == chosen.key.meter)
    policy = scenario.applied.policy
    push = Push(
        alert_class=chosen.alert_class,
        raised_at=scenario.now,
        reader=Reader(
            time_zone=zone.key,
            holidays=public_holidays(facts.account.country, now.year),
            do_not_disturb_until=instant(quiet, zone) if quiet else None,
        ),
        stops=meter.at_limit is AtLimit.STOPS,
        ended=ended(chosen.key, scenario.now, facts, policy, now),
    )
    return release(push, policy.quiet, now), zone


def _spoken(decision: Decision) -> Iterator[Candidate]:
    """What goes out, the ask or reflection first."""
    if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
        yield decision.chosen
    yield from decision.notices


def sentences(found: Verdict) -> dict[str, str]:
    """What the admin reads, and what people at the account do: a message, or why there is none."""
    decision, deferred = found.decision, found.deferred
    reasons, today = (deferred,) if deferred else decision.reasons, _today(found)
    out = {"admin": wording.outcome(decision, "en")}
    if reasons:
        moment = decision.chosen.moment if decision.chosen else None
        for reader, admin in (("admin", True), ("customer", False)):
            out[reader] = wording.silence(
                reasons, "en", for_admin=admin, today=today, moment=moment
            )
    several = len(decision.notices) > 1
    for one in found.raised:
        if one.candidate.alert_class is AlertClass.NOTICE:
            out[f"notice_{one.candidate.key.meter}" if several else "notice"] = _message(one.story)
        elif decision.outcome is not Outcome.HELD_OUT:
            out["message"] = _message(one.story)
    return out


def _today(found: Verdict) -> date:
    return found.decision.at.astimezone(ZoneInfo(found.facts.account.time_zone)).date()


def _message(story: Story) -> str:
    """The champion's text. The days of a forecast are left open: how it is made may change."""
    text = wording.message(story, "champion", "en", can_buy=False)
    ahead = facts_of(story, pack("en")).get("forecast")
    said = f"{text.title} | {text.body}".replace("\u00a0", " ").replace("\u202f", " ")
    if ahead is None:
        return said
    return said.replace(ahead.cited.value.replace("\u00a0", " "), "[days of the forecast]")


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Line by line what was expected (-) and what was found (+); empty where they agree."""
    one, two = (
        [f"{key:14} {_plain(table[key])}" for key in (*_FIELDS, *table) if key in table]
        for table in (wanted, found)
    )
    one, two = (list(dict.fromkeys(side)) for side in (one, two))
    if one == two:
        return ""
    return "\n".join(line for line in ndiff(one, two) if not line.startswith("?"))


def _plain(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
