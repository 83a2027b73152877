"""A story that its champion sends from their own mailbox: a letter with the link of its case."""

from urllib.parse import quote

from sqlmodel import Session

from engine.errors import Gone, NotFound
from engine.snapshot import Person, Snapshot, Staff
from service import answer, frozen, links, snapshot, wording
from service.context import Context
from service.people import named
from store import accounts, alerts, forwards


def letter(context: Context, *, account: str, id: str) -> str:
    """A `mailto:` address that opens the champion's own mail with the story and the case's link.

    Raises:
        NotFound: there is no such draft.
        Gone: its link was taken back or has expired, or there is nothing left to decide.
    """
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = forwards.get(session, account, id)
        case = forwards.case(session, account, stored.case) if stored else None
        if stored is None or case is None:
            raise NotFound("there is no such forward")
        if links.expired(case, now):
            raise Gone("this link has expired or was withdrawn")
        if answer.over(alerts.get(session, account, stored.alert)):
            raise Gone("this is settled: nothing is left to pass on")
        facts = snapshot.load(context, session, account, now, context.policy())
        page, _ = links.of_case(context, session, account, stored.case)
    if facts is None or page is None:
        raise NotFound("there is no such case")
    return _letter(facts, stored, case, page)


def drafted(
    context: Context, session: Session, facts: Snapshot | Staff, id: str
) -> tuple[str, str] | None:
    """A draft as it was made before, by `letter`, and the page of its case; nothing is written."""
    stored = forwards.get(session, facts.account.id, id)
    case = forwards.case(session, facts.account.id, stored.case) if stored else None
    if stored is None or case is None or not case.token_hash or case.revoked_at is not None:
        return None
    page = links.case_page(context, case)
    return _letter(facts, stored, case, page), page


def _letter(
    facts: Snapshot | Staff, stored: forwards.StoredForward, case: forwards.StoredCase, page: str
) -> str:
    person = named(facts.people, stored.to) or Person(id=stored.to)
    text = wording.message(
        frozen.story(case.story), case.audience, wording.locale_of(person, facts), can_buy=False
    )
    return mailto(person.email or "", text.title, f"{text.body}\n\n{page}\n\n{text.source_line}")


def mailto(to: str, subject: str, body: str) -> str:
    """An address that opens one's own mail with a message in it."""
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={quote(body)}"
