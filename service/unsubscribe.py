"""The way out of e-mails: a page that asks, and an answer that holds until it is taken back."""

from engine.errors import Gone, NotFound
from engine.snapshot import Staff
from service import champion, links, routing, snapshot, wording
from service.case import Page
from service.context import Context
from service.people import named
from service.sealed import opened
from store import accounts
from templates import unsubscribe as pages


def page(context: Context, token: str) -> Page:
    """What one click would do; looking at it does nothing, since mail scanners look, too."""
    return _shown(context, token, "ask")


def answer(context: Context, token: str, *, again: bool = False) -> Page:
    """Stop what is mailed and pushed to the person behind a link, or (`again`) let it go on.

    Said twice it is the same as said once.
    """
    try:
        account, person = _meant(context, token)
    except (NotFound, Gone):
        return _shown(context, token, "ask")
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        facts = snapshot.staff(context, session, account, now, context.policy())
        known = facts is not None and named(facts.people, person) is not None
        if known and again:
            routing.subscribe(session, account, person)
        elif known:
            routing.unsubscribe(session, account, person, now)
    if known:
        champion.stop(context, account, person, stopped=not again)
        context.signals.changed(account)
    return _shown(context, token, "again" if again else "stopped")


def _meant(context: Context, token: str) -> tuple[str, str]:
    (account, person), _ = opened(context, links.UNSUBSCRIBE, token)
    return account, person


def nowhere(context: Context, *, gone: bool) -> Page:
    """What a link shows that is over (`gone`), or was never one."""
    product = context.policy().catalogue.product
    state, status = ("gone", 410) if gone else ("not_found", 404)
    return _page(pages.page(state, product.name, "", product.locale), status)


def _shown(context: Context, token: str, state: str) -> Page:
    applied = context.policy()
    product = applied.catalogue.product
    try:
        account, person = _meant(context, token)
    except (NotFound, Gone) as error:
        return nowhere(context, gone=isinstance(error, Gone))
    with context.database.read() as session:
        facts = snapshot.staff(context, session, account, context.clock.now(), applied)
    name = facts.account.name if facts else ""
    return _page(pages.page(state, product.name, name, _locale(facts, person, product.locale)), 200)


def _locale(facts: Staff | None, person: str, otherwise: str) -> str:
    who = named(facts.people, person) if facts else None
    return wording.locale_of(who, facts) if who and facts else otherwise


def _page(html: str, status: int) -> Page:
    return Page(html=html, status=status, style=pages.style_hash())
