"""What the manager or finance lead says to a case: recorded, told to the champion, buys nothing."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from engine.alert import FeedbackKind
from engine.errors import Gone, Invalid, NotFound
from engine.snapshot import Person, Role
from service import cards, events, links, snapshot, wording
from service.context import Context
from service.people import display, named
from service.secrets import hashed, new_id
from store import accounts, alerts, due, feedback, forwards
from templates.case_view import NAMED, SAID, Refusal

KINDS = ("approve", "question", "decline")
_FEEDBACK = {"approve": FeedbackKind.APPROVED, "decline": FeedbackKind.DECLINED}
_SETTLED = ("plan_changed", *_FEEDBACK.values())
_SOONEST = timedelta(days=1)


def by_link(
    context: Context,
    *,
    token: str,
    kind: str,
    text: str = "",
    name: str = "",
    until: date | None = None,
) -> forwards.StoredCase:
    """Record what someone using the link said.

    Raises:
        NotFound: no such link.
        Gone: expired, revoked, or decided already.
        Invalid: an empty question, or too long a text or name.
    """
    with context.database.read() as session:
        found = forwards.case_behind(session, hashed(token))
    if found is None:
        raise NotFound("there is no such page")
    with context.database.write() as session:
        accounts.hold(session, found.account)
        case = forwards.case(
            session, found.account, found.id
        )  # As it stands once nobody else does.
        if case is None:
            raise NotFound("there is no such page")
        _record(context, session, case, kind, text, until, name=name)
    context.signals.changed(case.account)
    return case


def answer(
    context: Context,
    *,
    account: str,
    case: str,
    kind: str,
    text: str = "",
    until: date | None = None,
    by: str,
    id: str | None = None,
) -> None:
    """Record what the recipient said in a chat; errors as for `by_link`.

    `id`: the chat's own name of what they said; the same again changes nothing.
    """
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = forwards.case(session, account, case)
        if stored is None or stored.recipient != by:
            raise NotFound("there is no such case for you")
        if id and id in {given.id for given in forwards.answers(session, account, case)}:
            return
        _record(context, session, stored, kind, text, until, id=id)
    context.signals.changed(account)


def _record(
    context: Context,
    session: Session,
    case: forwards.StoredCase,
    kind: str,
    text: str,
    until: date | None,
    *,
    name: str = "",
    id: str | None = None,
) -> None:
    now = context.clock.now()
    text, name = _checked(kind, text), checked_length(name.strip(), NAMED, "/name")
    if links.expired(case, now):
        raise Gone("this link has expired or was withdrawn: ask for a new one")
    if {a.kind for a in forwards.answers(session, case.account, case.id)} & set(_FEEDBACK):
        raise Gone("this was answered already")
    if over(alerts.get(session, case.account, case.alert)):
        raise Gone("this is settled already: nothing is left to answer")
    if until is not None and until < now.date() + _SOONEST:
        until = None
    given = forwards.StoredAnswer(
        account=case.account,
        case=case.id,
        id=id or new_id("answer"),
        kind=kind,
        at=now,
        text=text,
        name=name,
        until=until,
    )
    forwards.answer(session, given)
    events.tell(session, [events.answer(case, given)])
    _tell(context, session, case, kind, text, until, now)
    if kind in _FEEDBACK:
        _close(session, case, given.id, kind, until, now)


def over(alert: alerts.StoredAlert | None) -> bool:
    """Whether the plan has changed since, or another approver has answered for the account."""
    return alert is None or alert.closed_as in _SETTLED


def _checked(kind: str, text: str) -> str:
    text = text.strip()
    if kind not in KINDS:
        raise Invalid("say approve, question or decline", pointer="/kind")
    if kind == "question" and not text:
        raise Invalid("write your question first", pointer="/text", code=Refusal.EMPTY)
    return checked_length(text, SAID, "/text")


def checked_length(text: str, most: int, pointer: str) -> str:
    """The text; Invalid where it is longer."""
    if len(text) > most:
        raise Invalid(f"at most {most} characters", pointer=pointer, code=Refusal.TOO_LONG)
    return text


def _close(
    session: Session,
    case: forwards.StoredCase,
    given: str,
    kind: str,
    until: date | None,
    now: datetime,
) -> None:
    """The approver's word counts as feedback and closes the alert everywhere."""
    feedback.add(
        session,
        feedback.StoredFeedback(
            account=case.account,
            id=given,
            alert=case.alert,
            person=case.recipient,
            role=Role(case.audience),
            kind=_FEEDBACK[kind],
            at=now,
            channel="case",
            until=until,
        ),
    )
    alerts.close(
        session, case.account, case.alert, at=now, closed_as=_FEEDBACK[kind], returns=until
    )
    cards.refresh(session, case.account, case.alert, now)
    due.mark(session, case.account, now)


def _tell(
    context: Context,
    session: Session,
    case: forwards.StoredCase,
    kind: str,
    text: str,
    until: date | None,
    now: datetime,
) -> None:
    facts = snapshot.staff(context, session, case.account, now, context.policy())
    if facts is None:
        return
    champion = named(facts.people, case.champion) or Person(id=case.champion)
    recipient = named(facts.people, case.recipient) or Person(id=case.recipient)
    locale = wording.locale_of(champion, facts)
    line = wording.answered(kind, display(recipient), text, locale, until=until, today=now.date())
    cards.receipt(session, case, champion, context.channels, now, text=line)
