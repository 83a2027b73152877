"""What Stripe's words about one customer come to, in whatever order they arrived.

Of a subscription the newest event counts. Of an invoice it counts that it ever failed, and that
it ever was paid or taken back: that is the last that happens to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.catalogue import Catalogue
from engine.snapshot import Blocker, BlockerKind
from service import plans
from service.stripe_event import CHECKOUT, FAILED, INVOICE, Event, Subscription, newest
from store.stripe import StoredObject

PREFIX = "stripe-"
"""What the ids of blockers begin with that Stripe's words opened."""
NONE = "none"
"""What a plan calls having no subscription."""
LIVE = frozenset(("active", "trialing", "past_due"))
_OVER = frozenset(("canceled", "incomplete_expired"))
_KINDS = {CHECKOUT: "checkout", **dict.fromkeys(INVOICE, "invoice")}
SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a customer stands. `plan` None: Stripe says nothing of it.

    `blockers`: what stands or stood in the way; `stays`: no cancellation is pending, whatever was.
    `unknown`: names of prices that no plan has, where that leaves nothing to go by.
    """

    plan: str | None = None
    blockers: Sequence[Blocker] = ()
    stays: bool = False
    unknown: Sequence[str] = ()


def merged(known: StoredObject | None, event: Event) -> StoredObject | None:
    """What is known of an object after one more event; None: it changes nothing."""
    kind = _KINDS.get(event.type, SUBSCRIPTION)
    if known is None:
        known = StoredObject(customer=event.customer, id=event.object, kind=kind, at=event.at)
    after = _with_event(known, event)
    return None if after == known and known.body else after


def _with_event(known: StoredObject, event: Event) -> StoredObject:
    if event.subscription is not None:
        return _subscribed(known, event, event.subscription)
    at = max(known.at, event.at)
    if event.type == CHECKOUT:
        return replace(known, at=at, over=True, body={"reference": event.reference})
    name = "failed" if event.type == FAILED else "settled"
    first = min(event.created, known.body.get(name, event.created))
    body = known.body | {name: first}
    return replace(known, at=at, over="settled" in body, body=body)


def _subscribed(known: StoredObject, event: Event, told: Subscription) -> StoredObject:
    if event.at < known.at:
        return known
    said = _told(known) if event.at == known.at else []
    others = [one for one in said if one.event != told.event]
    events = sorted([*others, told], key=lambda one: one.event)
    over = newest(events).status in _OVER
    body = {"events": msgspec.to_builtins(events)}
    return replace(known, at=event.at, over=over, body=body)


def _told(known: StoredObject) -> list[Subscription]:
    """The events of the newest second."""
    return msgspec.convert(known.body.get("events", []), list[Subscription])


def standing(objects: Iterable[StoredObject], catalogue: Catalogue) -> Standing:
    """What all that is known of a customer comes to."""
    found = list(objects)
    told = {one.id: newest(_told(one)) for one in found if one.kind == SUBSCRIPTION}
    by_name = {name: plan.key for plan in catalogue.plans.values() for name in plan.stripe}
    named = {id: _plans(one, by_name) for id, one in told.items()}
    # Where nothing is mapped, every subscription is what the customer pays for.
    counts = {id: one for id, one in told.items() if named[id] or not by_name.keys() - {NONE}}
    live = {id: one for id, one in counts.items() if one.status in LIVE}
    plan = plans.largest(catalogue, {key for id in live for key in named[id]})
    if not live and any(one.status == "canceled" for one in counts.values()):
        plan = by_name.get(NONE)
    stays = any(not one.ending for one in live.values()) or (not live and plan is not None)
    blockers = [_owed(one) for one in found if one.kind == "invoice" and "failed" in one.body]
    if not stays:
        times = {one.id: one.at for one in found}
        blockers += [_ends(id, one, times[id]) for id, one in counts.items() if _leaves(one)]
    unknown = [] if counts else [n for one in told.values() for names in one.items for n in names]
    return Standing(plan=plan, blockers=blockers, stays=stays, unknown=unknown)


def _plans(told: Subscription, by_name: dict[str, str]) -> set[str]:
    return {by_name[name] for names in told.items for name in names if name in by_name}


def _owed(known: StoredObject) -> Blocker:
    """An invoice that could not be paid, and when it was."""
    failed, settled = known.body["failed"], known.body.get("settled")
    return Blocker(
        id=f"{PREFIX}{known.id}",
        kind=BlockerKind.PAYMENT,
        opened=_instant(failed),
        closed=None if settled is None else _instant(max(failed, settled)),
    )


def _leaves(told: Subscription) -> bool:
    return told.status in ("canceled", "unpaid") or (told.status in LIVE and told.ending)


def _ends(id: str, told: Subscription, at: datetime) -> Blocker:
    """A subscription that ended or is to end; or whose payment Stripe has given up on."""
    if told.status == "unpaid":
        return Blocker(id=f"{PREFIX}{id}", kind=BlockerKind.PAYMENT, opened=at)
    since = at if told.ended is None else min(at, _instant(told.ended))
    return Blocker(id=f"{PREFIX}{id}", kind=BlockerKind.CANCELLATION, opened=since)


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def references(objects: Iterable[StoredObject]) -> list[tuple[datetime, str]]:
    """What the vendor's checkouts named, newest first, with their times."""
    found: list[tuple[datetime, Any]] = [
        (one.at, one.body.get("reference")) for one in objects if one.kind == "checkout"
    ]
    return sorted(((at, name) for at, name in found if name), reverse=True)
