"""A posted link of ours: what it is, and no number, since everyone there sees it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.words import Words
from engine.errors import NotFound
from service import links
from service.context import Context
from service.secrets import hashed
from store import forwards, people


@dataclass(frozen=True, slots=True)
class Shown:
    """What is said of a link."""

    title: str
    body: str


def shown(context: Context, url: str, words: Words, *, channel: str, team: str) -> Shown | None:
    """What a link to a case of a workspace's own account shows; None for all others."""
    token = _token(context, url)
    if token is None:
        return None
    with context.database.read() as session:
        case = forwards.case_behind(session, hashed(token))
        own = people.account_of_team(session, channel, team)
    if case is None or case.account != own:
        return None
    over = links.expired(case, context.clock.now())
    return said(context, words, over=over)


def is_ours(context: Context, url: str) -> bool:
    """Whether a link could be one to a case of this deployment."""
    return _token(context, url) is not None


def said(context: Context, words: Words, *, over: bool = False) -> Shown:
    """What is said of any link to a case."""
    body = words.say("unfurl_over" if over else "unfurl_body")
    return Shown(words.say("unfurl_title", product=product(context)), body)


def product(context: Context) -> str:
    """What the vendor sells; where nobody went live yet, ourselves."""
    try:
        return context.policy(lenient=True).catalogue.product.name
    except NotFound:
        return "Segue"


def _token(context: Context, url: str) -> str | None:
    """The token in a link to a case of this deployment."""
    ours, parts = urlsplit(context.public_url), urlsplit(url)
    folder, _, token = parts.path.removesuffix(".pdf").rpartition("/")
    case = f"{ours.path.rstrip('/')}/case"
    return token if parts.hostname == ours.hostname and folder == case and token else None
