"""Where services meet the templates: which language, which words, and whether they may be sent."""

from collections.abc import Mapping, Sequence
from datetime import date

from engine.alert import AlertClass, Reason, ReasonCode
from engine.decision import Decision
from engine.errors import LocaleMissing
from engine.policy import Policy
from engine.snapshot import Person, Role, Snapshot
from engine.story import MeterStory, Story
from store.alerts import StoredAlert
from templates import labels as words
from templates import lint
from templates import why as reasons_why
from templates.message import Audience, Message
from templates.message import message as render
from templates.pack import best_locale, pack

_DECLINE = ("not_now", "dont_suggest")
_ASKED = (Audience.CHAMPION, Audience.USER, Audience.MANAGER, Audience.FINANCE)


def locale_of(person: Person | None, facts: Snapshot) -> str:
    """The reader's language: their own, else the account's, else English."""
    return best_locale(person.locale if person else None, facts.account.locale, "en")


def language_tag(locale: str) -> str:
    """The language a browser formats dates and numbers in, so that they match the texts: en-GB."""
    return str(pack(locale).babel).replace("_", "-")


def message(story: Story, audience: str, locale: str, *, can_buy: bool) -> Message:
    """The story for one audience; a notice whose own copy fails the lint is said plainly."""
    text = render(story, audience=Audience(audience), locale=locale, can_buy=can_buy)
    if story.alert_class is AlertClass.NOTICE and _problems(text, story, locale):
        return lint.neutral_notice(story, locale)
    return text


def blocked(story: Story, facts: Snapshot) -> Reason | None:
    """Why an ask or reflection can't be said well: the first breach, in any text it may become."""
    try:
        for locale in _locales(facts):
            for audience in _ASKED:
                for can_buy in (False, True):
                    text = render(story, audience=audience, locale=locale, can_buy=can_buy)
                    problems = _problems(text, story, locale, people=_names(facts))
                    if problems:
                        first = problems[0]
                        evidence = (("rule", first.code), ("text", first.text[:80]))
                        return Reason(code=ReasonCode.COPY_BLOCKED, evidence=evidence)
    except LocaleMissing as error:
        return Reason(code=ReasonCode.LOCALE_MISSING, evidence=(("locale", str(error)[:80]),))
    return None


def _problems(
    text: Message, story: Story, locale: str, *, people: Sequence[str] = ()
) -> tuple[lint.Problem, ...]:
    shown = [words.labels(locale)[key] for key in _DECLINE]
    return lint.check(
        text, story, audience=text.audience, locale=locale, labels=shown, people=people
    )


def _locales(facts: Snapshot) -> set[str]:
    """The languages an alert of this account may be read in."""
    people = [p for p in facts.people if p.role is not Role.USER and not p.muted]
    return {locale_of(p, facts) for p in people} | {locale_of(None, facts)}


def _names(facts: Snapshot) -> list[str]:
    return [p.name for p in facts.people if p.name]


def why(alert: StoredAlert, story: Story, policy: Policy, locale: str) -> tuple[str, ...]:
    """Why the reader sees this, and when something like it may come back."""
    ask = alert.key.alert_class is AlertClass.ASK
    days = policy.ask.spacing_days if ask else policy.ask.reflection_spacing_days
    return reasons_why.why(story, locale=locale, spacing_days=days, returns=alert.returns)


def labels(locale: str) -> Mapping[str, str]:
    """Labels of controls by key."""
    return words.labels(locale)


def widget_labels(locale: str) -> Mapping[str, str]:
    """The words the widget says by itself."""
    return words.widget_labels(locale)


def send_to(name: str, locale: str) -> str:
    """The label of a one-click forward."""
    return words.label("send_to", locale, name=name)


def see_plan(story: Story, locale: str) -> str:
    """The label of the primary action."""
    if story.next_plan is None:
        return words.label("see_next_plan", locale)
    return words.label("see_plan", locale, plan=story.next_plan.name)


def meter_sentence(meter: MeterStory, zone: str, locale: str) -> str:
    """How a meter stands."""
    return reasons_why.meter_sentence(meter, locale, zone=zone)


def meter_name(meter: MeterStory) -> str:
    """What a meter is called above its bar."""
    return meter.name_other[:1].upper() + meter.name_other[1:]


def answered(kind: str, name: str, text: str, locale: str) -> str:
    """What came back on a case, for the champion."""
    return words.answered(kind, name, text, locale)


def silence(reasons: Sequence[Reason], locale: str, *, for_admin: bool, today: date) -> str:
    """Why nothing was said, by the first reason."""
    first = reasons[0] if reasons else Reason(code=ReasonCode.NO_MOMENT)
    return reasons_why.silence(
        first.code,
        first.evidence,
        first.until,
        locale=locale,
        for_admin=for_admin,
        today=today,
    )


def outcome(decision: Decision, locale: str) -> str:
    """What was decided, for the admin."""
    chosen = decision.chosen or next(iter(decision.notices), None)
    return words.decided(decision.outcome, chosen.moment if chosen else None, locale)


def evidence(decision: Decision, locale: str) -> tuple[tuple[str, str], ...]:
    """The facts behind a decision as label and value, for the admin."""
    stage = decision.stage
    lines = [("stage", words.stage_name(stage.stage, locale))]
    lines += list(stage.evidence)
    for forecast in decision.forecasts:
        if forecast.known and forecast.p is not None:
            lines.append((f"p_cross {forecast.meter}", f"{forecast.p:.2f}"))
            if forecast.mid is not None:
                span = f"{forecast.low} … {forecast.mid} … {forecast.high}"
                lines.append((f"crossing {forecast.meter}", span))
    for candidate in decision.candidates:
        against = ", ".join(r.code for r in candidate.reasons) or "nothing against it"
        lines.append((f"{candidate.moment} ({candidate.alert_class})", against))
    lines.append(("trust", f"{decision.balance.trust:.2f}"))
    if decision.next_possible is not None:
        lines.append(("earliest again", decision.next_possible.isoformat()))
    return tuple((words.evidence_name(key, locale), value) for key, value in lines)
