"""Endpoints that are told of events: stated, listed, given a new secret, tested, forgotten."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Conflict, Invalid, NotFound
from service import addresses, events
from service.context import Context
from service.events import TEST, Event, EventType
from service.secrets import new_id
from service.shapes import Shape, identifier, one_of
from store import audit, webhook_deliveries
from store import webhooks as stored
from store.webhook_deliveries import State
from store.webhooks import StoredWebhook

MOST = 50
"""Endpoints, each of which is sent to by itself."""
OVERLAP = timedelta(hours=24)
"""How long an old secret still signs beside the new one."""
_RETIRED = 4
_TYPES = {str(one): one for one in EventType}


class Webhook(Shape):
    """Where the vendor wants to be told, and of what; without `events` of all but alert.held."""

    url: str
    events: list[str] | None = None
    enabled: bool = True

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        for n, name in enumerate(self.events or ()):
            one_of(name, _TYPES, f"/events/{n}", "event")
        if self.events == []:
            raise Invalid("name at least one event, or leave it out", pointer="/events")


class GivenUp(msgspec.Struct, kw_only=True):
    """When and why an endpoint was disabled: `gone` (it said 410) or `failing` (for days)."""

    at: datetime
    why: str


class Stated(msgspec.Struct, kw_only=True):
    """An endpoint as it stands; `secret` only where it was made just now.

    `waiting`, `dead`: how many events wait for it, and how many were given up and can be replayed.
    """

    endpoint: str
    url: str
    events: list[str]
    enabled: bool
    created_at: datetime
    failing_since: datetime | None
    disabled: GivenUp | None
    old_secret_until: datetime | None
    waiting: int
    dead: int
    secret: str | msgspec.UnsetType = msgspec.UNSET


def every(context: Context) -> list[Stated]:
    """All endpoints, without their secrets."""
    now = context.clock.now()
    with context.database.read() as session:
        counts = webhook_deliveries.standing(session)
        return [_stated(one, now, counts) for one in stored.every(session)]


def get(context: Context, id: str) -> Stated:
    """One endpoint.

    Raises:
        NotFound: there is none of that name.
    """
    with context.database.read() as session:
        return _shown(session, known(session, id), context.clock.now())


def put(context: Context, id: str, wanted: Webhook, by: str) -> Stated:
    """State an endpoint anew; where there was none it gets a secret, which is said this once.

    Raises:
        Invalid: its address can't be called.
        Conflict: there are as many as there can be.
    """
    identifier("an endpoint", id)
    addresses.check(wanted.url, private=context.private_hooks)
    now, secret = context.clock.now(), None
    with context.database.write() as session:
        before = stored.get(session, id, lock=True)
        if before is None:
            if len(stored.every(session)) >= MOST:
                raise Conflict(f"there are {MOST} endpoints already: delete one first")
            secret = _new_secret()
            after = _of(wanted, id, context.secrets.encrypt(secret), now)
            stored.remove(session, id)  # What was told to another of its name is not for this one.
            if not stored.add(session, after):
                raise Conflict(f"{id!r} was made at this instant: read it, then decide again")
        else:
            after = _anew(before, wanted)
            stored.restate(session, after)
        if not after.enabled:
            webhook_deliveries.bury(session, id, now, "off")
        document = _document(before) if before else None
        _log(session, now, by, "webhook.put", document, _document(after))
        found = _shown(session, after, now)
    return msgspec.structs.replace(found, secret=secret) if secret else found


def forget(context: Context, id: str, by: str) -> None:
    """Forget an endpoint, and everything that was and was to be sent to it."""
    now = context.clock.now()
    with context.database.write() as session:
        before = known(session, id, lock=True)
        stored.remove(session, id)
        _log(session, now, by, "webhook.delete", _document(before), None)


def rotate(context: Context, id: str, by: str) -> Stated:
    """Give an endpoint a new secret, said this once; the old one signs too for a day."""
    now, secret = context.clock.now(), _new_secret()
    with context.database.write() as session:
        before = known(session, id, lock=True)
        until = now + OVERLAP
        old = [(before.secret, until), *((s, end) for s, end in before.retired if end > now)]
        after = replace(
            before, secret=context.secrets.encrypt(secret), retired=tuple(old[:_RETIRED])
        )
        stored.restate(session, after)
        signs: dict[str, object] = {"endpoint": id, "old_secret_until": until.isoformat()}
        _log(session, now, by, "webhook.rotate", None, signs)
        found = _shown(session, after, now)
    return msgspec.structs.replace(found, secret=secret)


def test(context: Context, id: str, by: str) -> str:
    """Send a sample the way of every event; says its id.

    Raises:
        Conflict: the endpoint is off.
    """
    now, thing = context.clock.now(), new_id("test")
    with context.database.write() as session:
        endpoint = enabled(session, id)
        event = Event(type=TEST, thing=thing, at=now, data={"endpoint": id})
        webhook_deliveries.add(session, events.row(event, endpoint))
        _log(session, now, by, "webhook.test", None, {"endpoint": id, "event": event.id})
    context.signals.told((), work=True)
    return event.id


def known(session: Session, id: str, *, lock: bool = False) -> StoredWebhook:
    """The endpoint, or NotFound."""
    found = stored.get(session, id, lock=lock)
    if found is None:
        raise NotFound(f"there is no endpoint {id!r}")
    return found


def enabled(session: Session, id: str) -> StoredWebhook:
    """The endpoint, where it is sent to; nobody switches it off meanwhile."""
    found = known(session, id, lock=True)
    if not found.enabled:
        raise Conflict(f"the endpoint {id!r} is off: enable it first")
    return found


def _of(wanted: Webhook, id: str, secret: str, now: datetime) -> StoredWebhook:
    return StoredWebhook(
        id=id,
        url=wanted.url,
        events=_named(wanted),
        enabled=wanted.enabled,
        secret=secret,
        created_at=now,
    )


def _anew(before: StoredWebhook, wanted: Webhook) -> StoredWebhook:
    """The same endpoint as it is wanted now; enabled again or led elsewhere, it starts afresh."""
    after = replace(before, url=wanted.url, events=_named(wanted), enabled=wanted.enabled)
    if (wanted.enabled and not before.enabled) or wanted.url != before.url:
        after = replace(after, failing_since=None, failed_at=None)
    return replace(after, disabled_at=None, disabled_why=None)


def _named(wanted: Webhook) -> tuple[str, ...] | None:
    return None if wanted.events is None else tuple(dict.fromkeys(wanted.events))


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _shown(session: Session, endpoint: StoredWebhook, now: datetime) -> Stated:
    return _stated(endpoint, now, webhook_deliveries.standing(session, endpoint.id))


def _stated(
    endpoint: StoredWebhook, now: datetime, counts: Mapping[str, Mapping[State, int]]
) -> Stated:
    ends = [until for _, until in endpoint.retired if until > now]
    counted = counts.get(endpoint.id, {})
    given_up = None
    if endpoint.disabled_at is not None:
        given_up = GivenUp(at=endpoint.disabled_at, why=endpoint.disabled_why or "")
    return Stated(
        endpoint=endpoint.id,
        url=endpoint.url,
        events=list(events.wanted(endpoint)),
        enabled=endpoint.enabled,
        created_at=endpoint.created_at,
        failing_since=endpoint.failing_since,
        disabled=given_up,
        old_secret_until=max(ends) if ends else None,
        waiting=counted.get(State.DUE, 0),
        dead=counted.get(State.DEAD, 0),
    )


def _document(endpoint: StoredWebhook) -> dict[str, object]:
    """What the audit log says of an endpoint: never its secret."""
    return {
        "endpoint": endpoint.id,
        "url": endpoint.url,
        "events": list(events.wanted(endpoint)),
        "enabled": endpoint.enabled,
    }


def _log(
    session: Session,
    now: datetime,
    by: str,
    action: str,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    audit.add(session, audit.Entry(at=now, actor=by, action=action, before=before, after=after))
