"""What a champion answers to a question about a case: on its page, and where the question came."""

from sqlmodel import Session

from engine.errors import Conflict, Gone, Invalid
from engine.snapshot import Person
from service import cards, links, snapshot, wording
from service.answer import checked_length
from service.context import Context
from service.people import display, named
from service.secrets import hashed
from store import forwards
from templates.case_view import SAID, Refusal

KIND = "reply"


def reply(context: Context, session: Session, case: forwards.StoredCase, text: str) -> None:
    """Keep what the champion answered, and tell who asked; the same again changes nothing.

    Inside a unit of work that holds the account.

    Raises:
        Invalid: there is nothing in it, or too much.
        Conflict: nobody asked.
        Gone: the case is over.
    """
    now, text = context.clock.now(), text.strip()
    if not text:
        raise Invalid("write your answer first", pointer="/text", code=Refusal.EMPTY)
    checked_length(text, SAID, "/text")
    if links.expired(case, now):
        raise Gone("this link has expired or was withdrawn")
    if not any(a.kind == "question" for a in forwards.answers(session, case.account, case.id)):
        raise Conflict("nobody asked")
    given = forwards.StoredAnswer(
        account=case.account,
        case=case.id,
        id="reply_" + hashed(f"{case.id} {text}")[:20],
        kind=KIND,
        at=now,
        text=text,
    )
    if not forwards.answer(session, given):
        return
    facts = snapshot.staff(context, session, case.account, now, context.policy())
    recipient = named(facts.people, case.recipient) if facts else None
    if facts is None or recipient is None:
        return
    champion = named(facts.people, case.champion) or Person(id=case.champion)
    locale = wording.locale_of(recipient, facts)
    line = wording.answered(KIND, display(champion), text, locale, today=now.date())
    cards.receipt(session, case, recipient, context.channels, now, text=line)
