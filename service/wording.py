"""Where services meet the templates: which language, which words, and whether they may be sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from engine.alert import AlertClass, Moment, Reason, ReasonCode
from engine.decision import Decision
from engine.errors import LocaleMissing
from engine.policy import Policy
from engine.snapshot import Person, Snapshot, Staff
from engine.story import MeterStory, Story
from store.alerts import StoredAlert
from templates import evidence as said
from templates import labels as words
from templates import lint
from templates import why as reasons_why
from templates.lint import around
from templates.message import Audience, Message
from templates.message import message as render
from templates.pack import best_locale, pack

_DECLINE = ("not_now", "dont_suggest")
_ASKED = (Audience.CHAMPION, Audience.USER, Audience.MANAGER, Audience.FINANCE)


def locale_of(person: Person | None, facts: Snapshot | Staff) -> str:
    """The reader's language: their own, else the account's, the product's, or English at last."""
    account = facts.account
    own = person.locale if person else None
    return best_locale(own, account.locale, account.product_locale, "en")


def language_tag(locale: str) -> str:
    """The language a browser formats dates and numbers in, so that they match the texts: en-GB."""
    return str(pack(locale).babel).replace("_", "-")


def message(
    story: Story,
    audience: str,
    locale: str,
    *,
    can_buy: bool,
    recipient_name: str | None = None,
    asked_by: str | None = None,
    note: str = "",
) -> Message:
    """The story for one audience, looked at by the lint: what does not pass is said plainly.

    An ask or reflection that can't be said well is not raised (`blocked`); the plain text, which
    proposes nothing, is for what changed since: a person's language, a name.
    """
    who = Audience(audience)
    text = _sendable(story, who, locale, can_buy)
    if not (recipient_name or asked_by or note):
        return text
    named = render(
        story,
        audience=who,
        locale=locale,
        can_buy=can_buy,
        recipient_name=recipient_name,
        asked_by=asked_by,
        note=note,
    )
    return replace(text, lead=named.lead, greeting=named.greeting, note=named.note)


@lru_cache(maxsize=1024)
def _sendable(story: Story, audience: Audience, locale: str, can_buy: bool) -> Message:
    text = render(story, audience=audience, locale=locale, can_buy=can_buy)
    return lint.neutral(story, locale) if _problems(text, story, locale) else text


def blocked(story: Story, facts: Snapshot) -> Reason | None:
    """Why an ask or reflection can't be said well: the first breach, in any text it may become.

    Where there are texts neither in the account's language nor in the product's own, nothing is
    proposed: English is for notices, which are told whatever else is the matter.

    Every audience in every language anybody there may read it in, and what goes with a message:
    why it is seen, the meters, the chart in words, the e-mails, the case.
    """
    people = tuple(person.name for person in facts.people if person.name)
    try:
        best_locale(facts.account.locale, facts.account.product_locale)
        for locale in sorted(_locales(facts)):
            for problem in _breaches(story, locale, people):
                evidence = (("rule", problem.code), ("text", problem.text[:80]))
                return Reason(code=ReasonCode.COPY_BLOCKED, evidence=evidence)
    except LocaleMissing as error:
        return Reason(code=ReasonCode.LOCALE_MISSING, evidence=(("locale", str(error)[:80]),))
    return None


def _breaches(story: Story, locale: str, people: tuple[str, ...]) -> Iterator[lint.Problem]:
    for audience in _ASKED:
        for can_buy in (False, True):
            text = render(story, audience=audience, locale=locale, can_buy=can_buy)
            yield from _problems(text, story, locale, people=people)
    for _, found in around.checked(story, locale):
        yield from (problem for problem in found if problem.blocks)


def _problems(
    text: Message, story: Story, locale: str, *, people: Sequence[str] = ()
) -> tuple[lint.Problem, ...]:
    shown = [words.labels(locale)[key] for key in _DECLINE]
    found = lint.check(
        text, story, audience=text.audience, locale=locale, labels=shown, people=people
    )
    return tuple(problem for problem in found if problem.blocks)


def _locales(facts: Snapshot) -> set[str]:
    """The languages an alert of this account may be read in, by anybody who works there."""
    return {locale_of(p, facts) for p in facts.people if not p.muted} | {locale_of(None, facts)}


def why(alert: StoredAlert, story: Story, policy: Policy, locale: str) -> tuple[str, ...]:
    """Why the reader sees this, and when something like it may come back."""
    return why_of(story, policy, locale, returns=alert.returns)


def why_of(
    story: Story, policy: Policy, locale: str, *, returns: date | None = None
) -> tuple[str, ...]:
    """The same of a story that was not raised (yet)."""
    ask = story.alert_class is AlertClass.ASK
    days = policy.ask.spacing_days if ask else policy.ask.reflection_spacing_days
    return reasons_why.why(story, locale=locale, spacing_days=days, returns=returns)


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


def answered(
    kind: str, name: str, text: str, locale: str, *, until: date | None = None, today: date
) -> str:
    """What came back on a case, for the champion, or for who asked."""
    return words.answered(kind, name, text, locale, until=until, today=today)


def silence(
    reasons: Sequence[Reason],
    locale: str,
    *,
    for_admin: bool,
    today: date,
    moment: Moment | None = None,
) -> str:
    """Why nothing was said, by the first reason; again it is when the last of them ends."""
    first = reasons[0] if reasons else Reason(code=ReasonCode.NO_MOMENT)
    return reasons_why.silence(
        first.code,
        first.evidence,
        first.until,
        locale=locale,
        for_admin=for_admin,
        today=today,
        later=max((reason.until for reason in reasons if reason.until), default=None),
        moment=moment,
    )


def outcome(decision: Decision, locale: str, *, for_admin: bool = True) -> str:
    """What was decided; at the account only what was really said to them."""
    chosen = decision.chosen or next(iter(decision.notices), None)
    moment = chosen.moment if chosen else None
    return words.decided(decision.outcome, moment, locale, for_admin=for_admin)


def evidence(decision: Decision, locale: str) -> tuple[tuple[str, str], ...]:
    """The facts behind a decision as label and value, for the admin."""
    stage, today = decision.stage, decision.at.date()
    lines = [
        ("stage", words.stage_name(stage.stage, locale), ""),
        *((*e, "") for e in stage.evidence),
    ]
    for forecast in decision.forecasts:
        if forecast.known and forecast.p is not None:
            lines.append(("p_cross", f"{forecast.p:.2f}", forecast.meter))
            if forecast.mid is not None:
                span = f"{forecast.low} … {forecast.mid} … {forecast.high}"
                lines.append(("crossing", span, forecast.meter))
    lines.append(("trust", f"{decision.balance.trust:.2f}", ""))
    if decision.next_possible is not None:
        lines.append(("earliest_again", decision.next_possible.isoformat(), ""))
    moments = (
        said.held(c.moment, c.alert_class, [r.code for r in c.reasons], locale)
        for c in decision.candidates
    )
    told = (said.line(key, value, locale, today, of=of) for key, value, of in lines)
    return (*told, *moments)
