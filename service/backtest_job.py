"""Backtests over stored usage, asked for by an admin: each in its own process, at low priority.

The process only reads. What it finds comes back through a pipe, and this one keeps it in short
units of work, so that ingest never waits for a backtest.
"""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Conflict, Invalid, NotFound
from service import backtest_crew, backtest_report, config
from service.backtest_run import run
from service.backtest_work import Side
from service.context import Context
from service.recorded_stored import StoredOrigin
from service.secrets import new_id
from service.shapes import Shape, read
from store import backtests
from store.backtests import StoredBacktest, StoredLine

log = logging.getLogger(__name__)
LONGEST = 400
_EVERY = 1.0
"""Seconds between two notes of how far it is."""
_HEARD = 10.0
"""Seconds after which it is said that it goes on, though there is nothing to say."""
_LOST = timedelta(seconds=90)
_MOST = 10_000
"""Alerts and differences that are kept; of more only the first."""


class Wanted(Shape):
    """What is to be replayed: policy files as text (default: the one in force), and how much."""

    config: str | None = None
    against: str | None = None
    days: int = 90
    accounts: list[str] | None = None

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        if not 1 <= self.days <= LONGEST:
            raise Invalid(f"use 1 to {LONGEST}", pointer="/days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The same, checked, as it is sent to the process."""

    origin: StoredOrigin
    policies: tuple[tuple[str, str], ...]
    accounts: tuple[str, ...] | None
    days: int


def start(context: Context, body: bytes, by: str) -> StoredBacktest:
    """Begin the backtest that a body describes.

    Raises:
        Invalid: something that is wanted can't be.
        Conflict: another one is under way.
    """
    order = _ordered(context, read(body or b"{}", Wanted, context.policy().catalogue))
    made = StoredBacktest(
        id=new_id("backtest"),
        asked_at=order.origin.now,
        asked_by=by,
        days=order.days,
        progress={"step": "starting", "accounts": 0, "of": 0},
        heard_at=order.origin.now,
    )
    with context.database.write() as session:
        backtests.alone(session)
        forget_lost(session, order.origin.now)
        other = backtests.running(session)
        if other is not None:
            raise Conflict(f"a backtest is under way: wait for GET /v1/backtests/{other.id}")
        backtests.add(session, made)
    threading.Thread(target=_watch, args=(context, made.id, order), daemon=True).start()
    return made


def forget_lost(session: Session, now: datetime) -> None:
    """A backtest whose node died has failed."""
    backtests.fail(session, None, "restarted", silent_since=now - _LOST)


def get(context: Context, id: str) -> tuple[StoredBacktest, Sequence[StoredLine]]:
    """A backtest and what it says so far.

    Raises:
        NotFound: there is none of this id.
    """
    with context.database.read() as session:
        found = backtests.get(session, id)
        lines = backtests.lines(session, id) if found else ()
    if found is None:
        raise NotFound(f"there is no backtest {id!r}")
    return found, lines


def _ordered(context: Context, wanted: Wanted) -> Ordered:
    applied = context.policy()
    policies = [("config", wanted.config if wanted.config is not None else applied.text)]
    if wanted.against is not None:
        policies.append(("against", wanted.against))
    for _, text in policies:
        config.parse(text)
    return Ordered(
        origin=StoredOrigin(url=context.database.direct_url, now=context.clock.now()),
        policies=tuple(policies),
        accounts=tuple(wanted.accounts) if wanted.accounts is not None else None,
        days=wanted.days,
    )


def _watch(context: Context, id: str, order: Ordered) -> None:
    """Start the process, note what it says, and keep what it finds."""
    spawn = get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_work, args=(there, order), daemon=True)
    why = "its process ended without a result"
    try:
        process.start()
        there.close()
        if _listen(context, id, here):
            return
    except EOFError:
        process.join()
        log.warning("backtest %s: %s (exit code %s)", id, why, process.exitcode)
    except Exception:
        # Whatever it was, nobody must wait for this backtest for ever.
        log.exception("backtest %s failed", id)
        why = "it failed; the log of the server says why"
    with context.database.write() as session:
        backtests.fail(session, id, why)


def _listen(context: Context, id: str, pipe: "connection.Connection[Any, Any]") -> bool:
    """Note progress until there is a result, and now and then that there is none yet."""
    while True:
        message: tuple[str, Any] = pipe.recv() if pipe.poll(_HEARD) else ("waiting", None)
        kind, said = message
        with context.database.write() as session:
            if kind in ("waiting", "progress"):
                backtests.heard(session, id, context.clock.now(), said)
                continue
            if kind == "failed":
                backtests.fail(session, id, said)
            else:
                summary, lines = said
                backtests.finish(session, id, summary, lines)
        return True


def _work(pipe: "connection.Connection[Any, Any]", order: Ordered) -> None:
    """The process: replays, tells, ends."""
    os.nice(10)
    backtest_crew.follow_parent()
    try:
        pipe.send(("done", _replayed(pipe, order)))
    except Invalid as refused:
        pipe.send(("failed", str(refused)))


def _replayed(
    pipe: "connection.Connection[Any, Any]", order: Ordered
) -> tuple[dict[str, Any], list[StoredLine]]:
    files = [config.applied(text, version=0) for _, text in order.policies]
    sides = [Side(catalogue=file.catalogue, policy=file.policy) for file in files]
    alerts: list[StoredLine] = []
    told = 0.0

    def tell(step: str, done: int, total: int, days: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY:
            told = time.monotonic()
            pipe.send(("progress", {"step": step, "accounts": done, "of": total}))

    def lines(text: str, _: str) -> None:
        for line in text.splitlines():
            body = msgspec.json.decode(line)
            alerts.append(StoredLine(account=body["account"], kind="alert", body=body))

    with tempfile.TemporaryDirectory(prefix="segue-backtest-") as folder:
        findings = run(
            order.origin,
            sides,
            jobs=1,
            folder=Path(folder),
            lines=lines,
            tell=tell,
            only=order.accounts,
            days=order.days,
        )
    names = [name for name, _ in order.policies]
    view = backtest_report.view(findings, sides, names, bad_rows=0, made_at=order.origin.now)
    summary = backtest_report.document(view)
    changes = [
        StoredLine(account=change["account"], kind="difference", body=change)
        for change in summary.pop("differences", ())
    ]
    summary.pop("bad_rows")
    return summary, [*alerts[:_MOST], *changes[:_MOST]]
