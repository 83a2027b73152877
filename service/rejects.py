"""Counts what was not taken, by reason, so that an admin sees what a client was never told.

Counting may not slow ingest: what comes within a second of the last writing waits in memory for the
next one, for whoever reads, or for the end. These are counts for people, so a crash may lose those.
"""

import logging
import threading
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

import msgspec

from service.amounts import LONGEST
from service.context import Context
from service.usage import Event, Rejection
from store import rejects as stored
from store.database import Database
from store.rejects import MOST, Key, StoredReject, Tally, Wanted

log = logging.getLogger(__name__)
USAGE = "usage"
"""The native way in; the others are the names of the dialects."""
KEPT = timedelta(days=36)
_EVERY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An item that was not taken, and what of it helps to find it again; never who used it."""

    index: int
    code: str
    detail: str
    account: str = ""
    name: str = ""
    id: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Reasons with how often they came in all, and the single ones, newest first."""

    counts: Sequence[tuple[str, str, int]]
    rejects: Sequence[StoredReject]


@dataclass(slots=True)
class _Waiting:
    """What is counted but not written yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    tallies: dict[tuple[date, Key], Tally] = field(default_factory=dict)
    written: float = -_EVERY

    def add(self, tallies: Mapping[tuple[date, Key], Tally]) -> None:
        """Let these wait; no more kinds than a day may have."""
        for (day, key), tally in tallies.items():
            if (day, key) not in self.tallies and len(self.tallies) >= MOST:
                key = key.rest
            known = self.tallies.setdefault((day, key), tally)
            if known is not tally:
                known.take(tally)


_MEETING = threading.Lock()
_WAITING: weakref.WeakKeyDictionary[Database, _Waiting] = weakref.WeakKeyDictionary()


def note(context: Context, source: str, found: Iterable[Refusal]) -> None:
    """Count what was not taken of one request; without any it costs nothing."""
    found = tuple(found)
    if not found:
        return
    now, waiting = context.clock.now(), _waiting(context.database)
    day = now.astimezone(UTC).date()
    with waiting.lock:
        for one in found:
            tally = Tally(
                count=1,
                first_at=now,
                last_at=now,
                detail=_shown(one.detail),
                sample={n: _shown(getattr(one, n)) for n in ("id", "at") if getattr(one, n)},
            )
            key = Key(source, one.code, _shown(one.account), _shown(one.name))
            waiting.add({(day, key): tally})
        rested = time.monotonic() - waiting.written >= _EVERY
    if rested:
        try:
            flush(context)
        except Exception:
            # What was taken is safe by now: a count that must wait is no reason to say it was not.
            log.exception("rejects could not be written; they are kept for the next time")


def note_usage(
    context: Context, items: Sequence[msgspec.Raw | Event], rejected: Sequence[Rejection]
) -> None:
    """Count what `POST /v1/usage` did not take; `items` are those of its request."""
    note(context, USAGE, [_of_usage(items[r.index], r) for r in rejected])


def flush(context: Context) -> None:
    """Write what waits."""
    waiting = _waiting(context.database)
    with waiting.lock:
        tallies, waiting.tallies = waiting.tallies, {}
        waiting.written = time.monotonic()
    days: dict[date, dict[Key, Tally]] = {}
    for (day, key), tally in tallies.items():
        days.setdefault(day, {})[key] = tally
    if not days:
        return
    try:
        with context.database.write() as session:
            for day, of_day in days.items():
                stored.add(session, day, of_day)
    except BaseException:
        with waiting.lock:
            waiting.add(tallies)
        raise


def listed(context: Context, wanted: Wanted, *, limit: int = 100) -> Listed:
    """What was not taken and why."""
    flush(context)
    with context.database.read() as session:
        return Listed(
            counts=stored.counts(session, wanted),
            rejects=stored.page(session, wanted, limit=limit),
        )


def tidy(context: Context) -> None:
    """Write what waits, and forget what is older than the duplicate window."""
    flush(context)
    with context.database.write() as session:
        stored.forget_before(session, context.clock.now().date() - KEPT)


class _Named(msgspec.Struct):
    """What of a native event tells which one it was."""

    id: Any = ""
    account: Any = ""
    meter: Any = ""
    at: Any = ""


_NAMED = msgspec.json.Decoder(_Named)


def _of_usage(item: msgspec.Raw | Event, rejection: Rejection) -> Refusal:
    named: Any = item
    if isinstance(item, msgspec.Raw):
        try:
            named = _NAMED.decode(item)
        except (ValueError, RecursionError):
            named = _Named()
    said = {n: _text(getattr(named, n)) for n in ("id", "account", "at")}
    return Refusal(
        index=rejection.index,
        code=rejection.code,
        detail=rejection.detail,
        name=_text(named.meter),
        **said,
    )


def _text(value: Any) -> str:
    """What was sent where a text belongs."""
    return "" if value is None else str(value)


def _shown(text: str) -> str:
    """A text that can be stored and shown, whatever was sent."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:LONGEST])


def _waiting(database: Database) -> _Waiting:
    with _MEETING:
        return _WAITING.setdefault(database, _Waiting())
