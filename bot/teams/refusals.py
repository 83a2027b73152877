"""What refusals of the Connector mean: one table, what happens then, and what doctor says."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.meaning import Meaning
from service.channel import Failed, Retry


class NotSignedIn(httpx.HTTPError):
    """Microsoft gives us no token of our own, so nothing was sent; see to the client's secret."""


PASSING = frozenset(
    {Meaning.RATE_LIMITED, Meaning.CHAT_DOWN, Meaning.ANSWER_LOST, Meaning.TOKEN_OVER}
)
"""What passes by itself, or once somebody mends it: tried again."""
_DOWN = frozenset({408, 412, 500, 502, 503, 504})
"""Microsoft names 412, 502 and 504 as those to try again, with more and more time between."""
TABLE: dict[str, Meaning] = {
    "MessageWritesBlocked": Meaning.PERSON_UNREACHABLE,
    "ConversationBlockedByUser": Meaning.PERSON_UNREACHABLE,
    "BotNotInConversationRoster": Meaning.APP_REMOVED,
    "ForbiddenOperationException": Meaning.APP_REMOVED,
    "BotDisabledByAdmin": Meaning.APP_REMOVED,
    "InvalidBotApiHost": Meaning.APP_REMOVED,
    "ConversationNotFound": Meaning.ROOM_GONE,
    "ActivityNotFoundInConversation": Meaning.MESSAGE_GONE,
    "MessageSizeTooBig": Meaning.MESSAGE_REFUSED,
    "BadSyntax": Meaning.MESSAGE_REFUSED,
    "BadArgument": Meaning.MESSAGE_REFUSED,
    "NotEnoughPermissions": Meaning.SCOPE_MISSING,
}
GONE: dict[str, str] = {
    "MessageWritesBlocked": "blocked",
    "ConversationBlockedByUser": "blocked",
    "BotNotInConversationRoster": "uninstalled",
    "ForbiddenOperationException": "uninstalled",
}
"""Who it is with blocked the app or took it out. No other 403 says so: a proxy has them, too."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_WAIT, _TRY_AGAIN, _LONGEST = 5.0, 15.0, 3_600.0


def meaning(error: httpx.HTTPError) -> Meaning:
    """What a refusal comes to."""
    if isinstance(error, NotSignedIn):
        return Meaning.TOKEN_OVER
    if not isinstance(error, httpx.HTTPStatusError):
        return Meaning.CHAT_DOWN if isinstance(error, _NOT_SENT) else Meaning.ANSWER_LOST
    status, word = error.response.status_code, named(error)
    if status == 429:
        return Meaning.RATE_LIMITED
    if word in TABLE:
        return TABLE[word]
    if status == 401:
        return Meaning.TOKEN_OVER
    if status == 404:
        return Meaning.ROOM_GONE
    if status in (400, 413):
        return Meaning.MESSAGE_REFUSED
    if status in _DOWN:
        return Meaning.CHAT_DOWN
    return Meaning.REFUSED


def refusal(error: httpx.HTTPError) -> Retry | Failed:
    """What to do about a refusal; the reason keeps Microsoft's own word."""
    found = meaning(error)
    if not isinstance(error, httpx.HTTPStatusError):
        why = f"{found}: no answer from Teams: {type(error).__name__}"
        return Retry(_TRY_AGAIN, why, unsure=found is Meaning.ANSWER_LOST)
    word, status = named(error), error.response.status_code
    if found in PASSING:
        return Retry(wait_of(error), f"{found}: {' '.join(filter(None, (str(status), word)))}")
    return Failed(f"{found}: {word or status}")


def named(error: httpx.HTTPError) -> str:
    """Microsoft's own word for what it refused: the narrower one where it says two."""
    if not isinstance(error, httpx.HTTPStatusError):
        return ""
    try:
        told = error.response.json().get("error") or {}
        found = [str(told.get(name) or "") for name in ("subCode", "code")]
    except (ValueError, AttributeError):
        return ""
    known = [word for word in found if word in TABLE]
    return next(iter((*known, *filter(None, found))), "")[:60]


def wait_of(error: httpx.HTTPStatusError) -> float:
    """Seconds of Retry-After, an hour at most; it may also name a time."""
    told = error.response.headers.get("retry-after", "")
    try:
        wait = float(told)
    except ValueError:
        wait = _until(told)
    return min(max(wait, 1.0), _LONGEST) if wait == wait else _WAIT


def _until(told: str) -> float:
    try:
        return (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return _WAIT
