"""A summary that was mailed, for whom it was mailed to: the page, passing it on, the answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from engine.alert import AlertClass, FeedbackKind
from engine.errors import Conflict, Gone, Invalid, NotFound
from engine.snapshot import Person, Staff
from service import drafts, feedback, forward, frozen, links, recipients, routing, snapshot, wording
from service.case import Page
from service.channel import ForwardState
from service.context import Context
from service.people import named
from service.sealed import opened
from service.secrets import new_id
from service.unsubscribe import nowhere
from store import accounts, alerts
from store import feedback as answers
from templates import summary as pages
from templates.pack import languages
from templates.summary import Passed, SummaryView, To

KINDS = {
    AlertClass.NOTICE: (FeedbackKind.DISMISSED, FeedbackKind.MUTED),
    AlertClass.ASK: (
        FeedbackKind.USEFUL,
        FeedbackKind.SNOOZED,
        FeedbackKind.NOT_USEFUL,
        FeedbackKind.MUTED,
    ),
}
"""What can be answered to an alert; to a reflection what to an ask."""
_NUMBER = re.compile(r"[\w-]{8,64}")
_CHANNEL = "email"
_SHOWN = ("waiting", "sent", "draft")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meant:
    """What a link leads to: an alert, and the person to whom it was mailed."""

    alert: alerts.StoredAlert
    person: Person
    facts: Staff


def page(context: Context, sealed: str, *, told: str = "", language: str = "") -> Page:
    """The page; looking at it changes nothing. `told`: what could not be done a moment ago."""
    try:
        with context.database.read() as session:
            meant = _meant(context, session, sealed)
            locale = wording.locale_of(meant.person, meant.facts)
            locale = language if language in languages() else locale
            view = _view(context, session, meant, sealed, locale, told)
    except (NotFound, Gone) as error:
        return nowhere(context, gone=isinstance(error, Gone))
    return Page(html=pages.page(view, locale), status=200, style=pages.style_hash())


def answer(
    context: Context, sealed: str, kind: FeedbackKind, *, number: str, until: date | None = None
) -> None:
    """Keep an answer, as one that the banner gives; the same number again changes nothing.

    Raises:
        NotFound, Gone: it is no such link, or is over.
        Invalid: this can't be answered to it, or the number is none.
        Conflict: it is answered, or over.
    """
    now = context.clock.now()
    with context.database.read() as session:
        meant = _meant(context, session, sealed)
        given = answers.get(session, meant.alert.account, _id(number))
    if given is not None:
        return
    if kind not in _kinds(meant.alert):
        raise Invalid("this can't be answered here", pointer="/kind")
    if meant.alert.closed_at is not None:
        raise Conflict("this is answered, or over")
    if until is not None and until <= now.date():
        until = None
    account, person = meant.alert.account, meant.person
    feedback.record(
        context,
        id=_id(number),
        account=account,
        alert=meant.alert.id,
        person=person,
        kind=kind,
        channel=_CHANNEL,
        until=until if kind is FeedbackKind.SNOOZED else None,
    )
    if kind is FeedbackKind.MUTED:
        # What the vendor states of them anew does not bring e-mails back.
        with context.database.write() as session:
            accounts.hold(session, account)
            if not routing.unsubscribed_by(session, account, person.id, context.clock.now()):
                routing.unsubscribe(session, account, person.id, context.clock.now())


def pass_on(context: Context, sealed: str, to: str, note: str) -> None:
    """Send it to somebody known at the account.

    Raises:
        NotFound, Gone: it is no such link or person, or is over.
        Conflict: it is answered, or over.
        Invalid, TooMany: as for `forward.start`.
    """
    meant = _asking(context, sealed)
    account = meant.alert.account
    sent = forward.start(
        context, account=account, alert=meant.alert.id, champion=meant.person.id, to=to, note=note
    )
    if sent.state == "draft" and sent.by == meant.person.id:
        drafts.letter(context, account=account, id=sent.id)  # From now on its link opens.


def pass_on_to_new(
    context: Context, sealed: str, *, email: str, name: str, role: str, note: str
) -> None:
    """Send it to somebody whom nobody has named before; errors as for `pass_on`.

    Raises:
        Forbidden: the e-mail's domain is not verified for the account.
    """
    meant = _asking(context, sealed)
    forward.check_note(note)
    to = recipients.add(
        context,
        account=meant.alert.account,
        role=role,
        email=email,
        name=name or None,
        champion=meant.person.id,
    )
    pass_on(context, sealed, to, note)


def undo(context: Context, sealed: str, id: str) -> bool:
    """Take back an answer or what was passed on; False where it is too late.

    Raises:
        NotFound, Gone: it is no such link, or nothing of theirs.
    """
    with context.database.read() as session:
        meant = _meant(context, session, sealed)
    account, alert, person = meant.alert.account, meant.alert.id, meant.person.id
    if id.startswith("forward_"):
        return forward.undo(context, account=account, forward=id, person=person, alert=alert)
    undone = feedback.undo(context, account=account, id=id, person=person, alert=alert)
    with context.database.write() as session:
        accounts.hold(session, account)
        given = answers.get(session, account, id)
        muted = undone and given is not None and given.kind is FeedbackKind.MUTED
        # Who had unsubscribed before that stays so.
        if muted and given and not routing.unsubscribed_by(session, account, person, given.at):
            routing.subscribe(session, account, person)
    return undone


def _asking(context: Context, sealed: str) -> _Meant:
    """What a link leads to, where it can be passed on."""
    with context.database.read() as session:
        meant = _meant(context, session, sealed)
    if meant.alert.closed_at is not None:
        raise Conflict("this is answered, or over")
    if meant.alert.key.alert_class is not AlertClass.ASK:
        raise Invalid("only a suggestion is passed on", pointer="/alert")
    return meant


def _meant(context: Context, session: Session, sealed: str) -> _Meant:
    (account, number, person), _ = opened(context, links.SUMMARY, sealed)
    facts = snapshot.staff(context, session, account, context.clock.now(), context.policy())
    alert = alerts.get(session, account, number)
    who = named(facts.people, person) if facts else None
    if facts is None or alert is None or who is None:
        raise Gone("there is nobody of this name there any more")
    return _Meant(alert=alert, person=who, facts=facts)


def _kinds(alert: alerts.StoredAlert) -> tuple[FeedbackKind, ...]:
    return KINDS.get(alert.key.alert_class, KINDS[AlertClass.ASK])


def _id(number: str) -> str:
    """What an answer is called, apart from all that come from elsewhere."""
    if not _NUMBER.fullmatch(number):
        raise Invalid("this form is not complete", pointer="/id")
    return f"mail.{number}"


def _view(
    context: Context, session: Session, meant: _Meant, sealed: str, locale: str, told: str
) -> SummaryView:
    alert, person, facts = meant.alert, meant.person, meant.facts
    now, applied, story = context.clock.now(), context.policy(), frozen.story(alert.story)
    text = wording.message(story, "champion", locale, can_buy=person.can_buy)
    mine = [
        given
        for given in answers.of_alert(session, alert.account, alert.id)
        if given.person == person.id and given.kind in _kinds(alert)
    ]
    last = mine[-1] if mine else None
    closed = alert.closed_at is not None
    said = last.kind if last else None
    if closed and alert.closed_as in tuple(FeedbackKind):
        said = FeedbackKind(alert.closed_as)
    states = forward.states(session, facts, alert.id, now)
    reached = {s.to_id for s in states if s.state in ("waiting", "sent")}
    known = recipients.known_in(context, session, facts, person.id, now)
    done = closed or (last is not None and last.kind is not FeedbackKind.USEFUL)
    return SummaryView(
        url=f"/summary/{sealed}",
        number=new_id("answer"),
        story=story,
        message=text,
        why=wording.why(alert, story, applied.policy, locale),
        open=not done,
        today=now.date(),
        tomorrow=now.date() + timedelta(days=1),
        to=tuple(
            To(id=r.id, name=r.name, drafted=r.channel == routing.DRAFT)
            for r in known
            if r.id not in reached
        ),
        passed=tuple(_passed(context, session, facts, person.id, states, now)),
        letter=drafts.mailto("", text.title, f"{text.body}\n\n{text.source_line}"),
        plan_url=links.upgrade(applied, facts, alert.id) if person.can_buy and not done else None,
        answered=said,
        returns=alert.returns if closed else None,
        undo=last.id if last and now - last.at <= feedback.UNDO else "",
        over=closed,
        told=told if told in pages.TOLD else "",
    )


def _passed(
    context: Context,
    session: Session,
    facts: Staff,
    person: str,
    states: tuple[ForwardState, ...],
    now: datetime,
) -> Iterator[Passed]:
    """Where it went; a draft and the way back are of who passed it on alone."""
    for state in states:
        own = state.by == person
        if state.state not in _SHOWN or (state.state == "draft" and not own):
            continue
        found = drafts.drafted(context, session, facts, state.id) if own else None
        mailto, link = found if found and state.state == "draft" else ("", "")
        yield Passed(
            name=state.to_name,
            state=state.state,
            sent_at=state.sent_at,
            undo=state.id if own and state.undo_until else "",
            mailto=mailto,
            page=link,
        )
