"""Turns other systems' events into usage events: whose they are, which meter's, and how much.

An account is whoever says so in its `external_ids`, else whoever has that very id. An event counts
for every meter that names it; one no meter names is ignored, and counted in the reject log.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from engine.catalogue import Catalogue, Meter
from engine.usage import Aggregation
from service import ingest, rejects
from service.amounts import ABSENT, given
from service.context import Context
from service.rejects import Refusal
from service.usage import ADDED, Rejection
from store import identities

UNKNOWN = "unknown_meter"
TOGETHER = 1000
"""Usage events handed to ingest at once."""
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NUMBERS = (Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST)
_QUOTED = re.compile(rb'"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An event in another system's words.

    `names`: what it calls the account, the surest first; none: nothing says whose it is.
    `value_in`: the property that holds the value where the meter names none. `moved`: its time was
    set right here, so that a repeat may differ by what that came to.
    """

    index: int
    id: str
    names: tuple[str, ...]
    event: str
    at: datetime | None = None
    user: str | None = None
    properties: msgspec.Raw = field(default_factory=msgspec.Raw)
    value_in: str | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the events of a request; `rejected` tells their places in it."""

    accepted: int
    duplicates: int
    ignored: int
    rejected: tuple[Refusal, ...]


def take(
    context: Context,
    source: str,
    events: Sequence[Foreign],
    refused: Sequence[Refusal] = (),
    *,
    whole: bool = False,
) -> Outcome:
    """Count other systems' events. `refused`: items in which none was to be found.

    `whole`: all of them or none.
    """
    known, unknown, problems = _sorted(context.policy().catalogue, events)
    problems += refused
    named = _accounts(context, source, [event for event, _ in known])
    origins: list[Foreign] = []
    usage: list[msgspec.Raw] = []
    for event, meters in known:
        account = named[event.names]
        found = list(_usage(account, event, meters))
        usage += found
        origins += [replace(event, names=(account,))] * len(found)
    accepted = duplicates = 0
    together = max(len(usage), 1) if whole else TOGETHER
    if not (whole and problems):
        for start in range(0, len(usage), together):
            receipt = ingest.ingest(context, usage[start : start + together], whole=whole)
            accepted, duplicates = accepted + receipt.accepted, duplicates + receipt.duplicates
            for rejection in receipt.rejected:
                origin = origins[start + rejection.index]
                if origin.moved and rejection.code == "id_conflict":
                    duplicates += 1
                else:
                    problems.append(_refusal(origin, rejection))
    rejects.note(context, source, [*problems, *unknown])
    return Outcome(
        accepted=accepted,
        duplicates=duplicates,
        ignored=len(unknown),
        rejected=tuple(sorted(problems, key=lambda r: r.index)),
    )


def meters_by_event(catalogue: Catalogue) -> dict[str, list[Meter]]:
    """The meters an event counts for, by the event's name; without one, by the meter's key."""
    found: dict[str, list[Meter]] = {}
    for meter in catalogue.meters.values():
        found.setdefault(meter.event or meter.key, []).append(meter)
    for meter in catalogue.meters.values():
        found.setdefault(meter.key, [meter])
    return found


def refusal(event: Foreign, code: str, detail: str) -> Refusal:
    """Why an event is not taken."""
    return Refusal(
        index=event.index,
        code=code,
        detail=detail,
        account=event.names[0] if event.names else "",
        name=event.event,
        id=event.id,
        at=event.at.isoformat() if event.at else "",
    )


def _sorted(
    catalogue: Catalogue, events: Sequence[Foreign]
) -> tuple[list[tuple[Foreign, list[Meter]]], list[Refusal], list[Refusal]]:
    """Events with their meters, those that no meter names, and those of nobody."""
    by_event = meters_by_event(catalogue)
    known: list[tuple[Foreign, list[Meter]]] = []
    unknown: list[Refusal] = []
    lost: list[Refusal] = []
    for event in events:
        meters = by_event.get(event.event)
        if not meters:
            # Whose it was does not matter: a thousand accounts may send what nobody counts.
            nobody = replace(event, names=())
            unknown.append(refusal(nobody, UNKNOWN, "no meter has this event; it was ignored"))
        elif event.names:
            known.append((event, meters))
        else:
            lost.append(refusal(event, "no_account", "no group is known of this user"))
    return known, unknown, lost


def _accounts(
    context: Context, source: str, events: Sequence[Foreign]
) -> Mapping[tuple[str, ...], str]:
    """The account that each event's names mean."""
    wanted = {event.names for event in events}
    # What can't be printed is refused by ingest; some databases can't even look it up.
    every = {name for names in wanted for name in names if name.isprintable()}
    with context.database.read() as session:
        owners = identities.owners(session, source, every)
        several = {name for names in wanted if len(names) > 1 for name in names} & every
        existing = identities.existing(session, several) if several else several
    return {names: next(_meant(names, owners, existing), names[0]) for names in wanted}


def _meant(names: tuple[str, ...], owners: Mapping[str, str], existing: set[str]) -> Iterator[str]:
    """The accounts that the names may mean, the surest first."""
    yield from (owners[name] for name in names if name in owners)
    if len(names) > 1:
        yield from (name for name in names if name in existing)


def _usage(account: str, event: Foreign, meters: Sequence[Meter]) -> Iterator[msgspec.Raw]:
    """What an event is for each of its meters; one of several may find nothing to count in it.

    The first meter's has the event's own id, so that ids stay readable.
    """
    held = _FIELDS.decode(event.properties) if given(event.properties) else {}
    values = [_value(held, event, meter) for meter in meters]
    counts = [
        value is not None or meter.aggregation in ADDED
        for value, meter in zip(values, meters, strict=True)
    ]
    for place, (meter, value) in enumerate(zip(meters, values, strict=True)):
        if counts[place] or (place == 0 and not any(counts)):
            said = {
                "id": f"{event.id} {meter.key}" if place else event.id,
                "account": account,
                "meter": meter.key,
                "value": value if value and given(value) else None,
                "user": event.user,
                "at": event.at,
                "properties": event.properties if given(event.properties) else None,
            }
            yield msgspec.Raw(msgspec.json.encode(said))


def _value(held: Mapping[str, msgspec.Raw], event: Foreign, meter: Meter) -> msgspec.Raw | None:
    """What an event says for a meter; None: nothing. Ingest finds it in the meter's own field.

    Other systems may write a number as a text, or leave it in the field that is usual with them.
    """
    usual = None if meter.field and meter.aggregation is Aggregation.UNIQUE else event.value_in
    name = next((n for n in (meter.field, usual) if n and given(held.get(n, ABSENT))), None)
    if meter.aggregation is Aggregation.COUNT or name is None:
        return None
    literal = bytes(held[name])
    if meter.aggregation in _NUMBERS and _QUOTED.fullmatch(literal):
        return msgspec.Raw(literal[1:-1])
    return ABSENT if name == meter.field else held[name]


def _refusal(event: Foreign, rejection: Rejection) -> Refusal:
    return refusal(event, rejection.code, rejection.detail)
