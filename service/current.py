"""A message that was sent, as it would read now: for chats that ask when somebody opens it."""

from collections.abc import Callable
from dataclasses import replace

from engine.errors import NotFound
from service import cards, links, outgoing, snapshot
from service.channel import DeliveryKind, Outgoing
from service.context import Context
from store import alerts, forwards, outbox
from store.outbox import DeliveryState, StoredDelivery

_THERE = (DeliveryState.SENT, DeliveryState.DUE)
"""One that is due may be there already: what the chat said to it is not noted yet, or was lost."""
OVER = "expired"
"""How a story counts as closed whose link opens nothing any more."""


def summary(context: Context, *, account: str, alert: str, person: str, channel: str) -> Outgoing:
    """What was pushed to this person of an alert, in its present state.

    Raises:
        NotFound: nothing was.
    """
    found = _built(
        context,
        account,
        alert,
        lambda d: d.kind in cards.PUSHED and d.person == person and d.channel == channel,
    )
    return replace(found, kind=DeliveryKind.CARD)


def forward(
    context: Context, *, account: str, alert: str, case: str, person: str, channel: str
) -> Outgoing:
    """What somebody passed on to this person, in its present state.

    Raises:
        NotFound: nothing was.
    """
    found = _built(
        context,
        account,
        alert,
        lambda d: d.kind == DeliveryKind.FORWARD and d.person == person and d.channel == channel,
        case=case,
    )
    with context.database.read() as session:
        frozen = forwards.case(session, account, case)
    if frozen is None or links.expired(frozen, context.clock.now()):
        return replace(found, case_url=None, closed_as=found.closed_as or OVER)
    return found


def _built(
    context: Context,
    account: str,
    alert: str,
    wanted: Callable[[StoredDelivery], bool],
    *,
    case: str | None = None,
) -> Outgoing:
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        stored = alerts.get(session, account, alert)
        facts = snapshot.staff(context, session, account, now, applied)
        if stored is None or facts is None:
            raise NotFound("there is no such message")
        for delivery in outbox.of_alert(session, account, alert):
            if delivery.state not in _THERE or not wanted(delivery):
                continue
            made = outgoing.build(context, session, delivery, stored, facts, applied)
            if case is None or made.extra.get("case") == case:
                return made
    raise NotFound("there is no such message")
