"""What was passed on, for who passed it on: the page, taking the link back, sending it anew."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.decide import decide
from engine.decision import Candidate
from engine.errors import Conflict, Gone, NotFound
from engine.snapshot import Person
from engine.tell import tell
from service import forward, links, routing, snapshot
from service.case import Page, small, view_of
from service.context import Context
from service.people import named
from service.reply import reply
from service.sealed import opened
from service.withdraw import take_back
from store import accounts, alerts, forwards
from templates import case as pages
from templates.case_view import AnswerKind, CaseStatus, Refused, Sender
from templates.pack import languages

_AGAIN = timedelta(hours=1)
"""How soon a case may be made anew; before that there is hardly anything new to say."""


def page(
    context: Context,
    sealed: str,
    *,
    language: str = "",
    status: int = 200,
    refused: Refused | None = None,
) -> Page:
    """The page as its recipient gets it, how often it was opened, and what can be done.

    `refused`: a form of theirs that was not taken.
    """
    product, now = context.policy().catalogue.product, context.clock.now()
    try:
        with context.database.read() as session:
            case = _case(context, session, sealed)
            view, locale = view_of(context, session, case, "")
            said = alerts.get(session, case.account, case.alert)
            facts = snapshot.staff(context, session, case.account, now, context.policy())
            person = named(facts.people, case.recipient) if facts else None
            reached = _reached(context, session, case.account, person, now)
    except Gone:
        return small(pages.withdrawn(product.name, product.locale), 410)
    except NotFound:
        return small(pages.not_found(product.name, product.locale), 404)
    expired = view.status is CaseStatus.EXPIRED
    open_ = said is not None and said.closed_at is None
    asked = any(given.kind is AnswerKind.QUESTION for given in view.answers) and not expired
    ripe = now >= case.created_at + _AGAIN and reached
    sender = Sender(
        views=case.views,
        viewed_at=case.viewed_at,
        reply_url=f"/case/sent/{sealed}/reply" if asked else "",
        withdraw_url=f"/case/sent/{sealed}/withdraw",
        again_url=f"/case/sent/{sealed}/again" if open_ and ripe else "",
    )
    locale = language if language in languages() else locale
    return small(pages.page(replace(view, sender=sender, refused=refused), locale), status)


def withdraw(context: Context, sealed: str) -> None:
    """The link opens nothing from now on; what still waited is not sent.

    Raises:
        NotFound, Gone: it is no such link, or is over.
    """
    with context.database.write() as session:
        case = _held(context, session, sealed)
        _take_back(context, session, case)
    context.signals.changed(case.account)


def replied(context: Context, sealed: str, text: str) -> None:
    """Answer a question; errors as for `reply`."""
    with context.database.write() as session:
        case = _held(context, session, sealed)
        reply(context, session, case, text)
    context.signals.changed(case.account)


def again(context: Context, sealed: str) -> str:
    """Send the case anew, told of today; the link to the new one's page for who sends it.

    Raises:
        NotFound, Gone: it is no such link, or is over.
        Conflict: it was sent only just now, was answered, or they can't be reached.
    """
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        case = _held(context, session, sealed)
        stored = alerts.get(session, case.account, case.alert)
        if stored is None or stored.closed_at is not None:  # Who answers a case closes its alert.
            raise Conflict("this was answered, or is over")
        facts = snapshot.load(context, session, case.account, now, applied)
        person = named(facts.people, case.recipient) if facts else None
        if facts is None or person is None:
            raise NotFound("nobody of this name is there any more")
        if now < case.created_at + _AGAIN:
            raise Conflict("it was sent only just now")
        if not _reached(context, session, case.account, person, now):
            raise Conflict("they can't be reached from here")
        decision = decide(facts, applied.policy, now)
        as_then = Candidate(key=stored.key, p=None, evidence=(), reasons=())
        story = tell(facts, applied.catalogue, as_then, decision)
        _take_back(context, session, case)
        made = forward.write(
            context,
            session,
            stored,
            facts,
            person,
            case.champion,
            case.note,
            applied,
            now,
            anew=(case.id, story),
        )
    context.signals.changed(case.account)
    return links.sender(context, case.account, made.case)


def _reached(
    context: Context, session: Session, account: str, person: Person | None, now: datetime
) -> bool:
    """Whether it would go out by itself."""
    if person is None:
        return False
    best = routing.best(session, account, person, context.channels, now=now)
    return best != routing.DRAFT


def _take_back(context: Context, session: Session, case: forwards.StoredCase) -> None:
    now = context.clock.now()
    found = [f for f in forwards.of_alert(session, case.account, case.alert) if f.case == case.id]
    for stored in found:
        if stored.state == "sent" or not forward.call_off(session, stored, now):
            take_back(session, stored, now)  # One that is just going is caught when it has gone.


def _held(context: Context, session: Session, sealed: str) -> forwards.StoredCase:
    """The case, once nobody else does anything about its account."""
    (account, _), _ = opened(context, links.SENT, sealed)
    accounts.hold(session, account)
    return _case(context, session, sealed)


def _case(context: Context, session: Session, sealed: str) -> forwards.StoredCase:
    (account, number), _ = opened(context, links.SENT, sealed)
    case = forwards.case(session, account, number)
    if case is None:
        raise NotFound("there is no such page")
    if case.revoked_at is not None:
        raise Gone("this was withdrawn")
    return case
