"""Takes usage events in: what is acknowledged was checked, counted once, and is durable."""

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from engine.catalogue import Catalogue
from engine.errors import Invalid, TooLarge
from service.context import Context
from service.keep import Fate, keep
from service.turns import Turns
from service.usage import OLDEST, Event, Rejection, Report, Rules
from store.database import Database

MOST = 1000
"""Usage events in one request."""
TOGETHER = 4000
"""Usage events of several requests in one commit."""
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of each item of a request; `accounts` are those whose usage changed."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The events of one request that were found in order."""

    catalogue: Catalogue
    reports: Sequence[Report]
    now: datetime
    imported: bool


_MEETING = threading.Lock()
_TURNS: weakref.WeakKeyDictionary[Database, Turns[Load, list[Fate]]] = weakref.WeakKeyDictionary()


def items(body: bytes) -> list[msgspec.Raw]:
    """The usage events in a body: one object, or an array of at most 1,000.

    Raises:
        Invalid: the body is not JSON, or something else.
        TooLarge: there are more.
    """
    one = body.lstrip(b" \t\r\n")[:1] == b"{"
    try:
        found = _ARRAY.decode(b"[" + body + b"]" if one else body)
    except msgspec.ValidationError:
        raise Invalid("send one usage event or an array of them", code="malformed") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None
    if one and len(found) != 1:
        raise Invalid("several objects: put them in an array", code="malformed")
    if len(found) > MOST:
        raise TooLarge(f"{len(found)} usage events: send at most {MOST} in one request")
    return found


def ingest(
    context: Context, events: Sequence[msgspec.Raw | Event], *, imported: bool = False
) -> Receipt:
    """Count usage events once each; what is in the receipt is durable.

    Imported history may be of any age, and its days never are a reason to speak.
    """
    catalogue, now = context.policy().catalogue, context.clock.now()
    rules = Rules(catalogue=catalogue, now=now, oldest=None if imported else OLDEST)
    checked = [rules.check(index, item) for index, item in enumerate(events)]
    reports = [c for c in checked if isinstance(c, Report)]
    fates: Sequence[Fate] = ()
    if reports:
        load = Load(catalogue=catalogue, reports=reports, now=now, imported=imported)
        fates = _turns(context.database).do(load, len(reports))
    kept = dict.fromkeys(r.account for r, f in zip(reports, fates, strict=True) if f is True)
    for account in kept:
        context.signals.changed(account)
    refused = [c for c in (*checked, *fates) if isinstance(c, Rejection)]
    return Receipt(
        accepted=sum(fate is True for fate in fates),
        duplicates=sum(fate is False for fate in fates),
        rejected=tuple(sorted(refused, key=lambda r: r.index)),
        accounts=tuple(kept),
    )


def _turns(database: Database) -> Turns[Load, list[Fate]]:
    """The one place where a database's ingests meet."""
    with _MEETING:
        if database not in _TURNS:
            reference = weakref.ref(database)
            _TURNS[database] = Turns(
                lambda loads: _together(reference(), loads), most=TOGETHER, alike=_alike
            )
        return _TURNS[database]


def _alike(one: Load, other: Load) -> bool:
    return one.catalogue is other.catalogue and one.imported == other.imported


def _together(database: Database | None, loads: Sequence[Load]) -> list[list[Fate]]:
    """Keep the events of several requests in one commit."""
    assert database is not None
    first = loads[0]
    with database.write() as session:
        fates = keep(
            session,
            first.catalogue,
            [report for load in loads for report in load.reports],
            max(load.now for load in loads),
            imported=first.imported,
        )
    rest = iter(fates)
    return [list(islice(rest, len(load.reports))) for load in loads]
