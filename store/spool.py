"""A file of usage, kept on disk by account, so that a replay needs one account at a time."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_BLOCK = 250_000
"""Rows held in memory at once while a file is read."""
_ROW, _PART = "\x1e", "\x1f"
"""Divide texts; no name holds them, since they can't be printed."""
_LAYOUT = np.dtype([("at", "<f8"), ("value", "<f8"), ("meter", "<i2"), ("flags", "<i2")])
_TABLES = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE account (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE block (account INTEGER, n INTEGER, rows BLOB, texts TEXT, PRIMARY KEY (account, n));
CREATE TABLE home (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE answer (name TEXT, at REAL, kind TEXT, until TEXT);
CREATE INDEX answer_name ON answer (name);
CREATE TABLE span (first REAL, last REAL);
"""
FRICTION, CORRECTS = 1, 2
"""Flags of a row: a limit got in the way; it takes back what was reported before."""


Row: TypeAlias = tuple[int, float, float, int, int, str]
"""One line of usage, plain since there are many: the account's number, its instant, the amount,
the meter's number, flags, and `text_of` it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The usage of one account in the order of time, ties by what is in them, ids only once."""

    at: NDArray[np.float64]
    value: NDArray[np.float64]
    meter: NDArray[np.int16]
    flags: NDArray[np.int16]
    users: Sequence[str]
    things: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledAnswer:
    """Feedback as it stands in a file."""

    at: float
    kind: str
    until: str | None


def text_of(user: str, id: str, thing: str) -> str:
    """The texts of a row as one."""
    return f"{user}{_PART}{id}{_PART}{thing}" if user or id or thing else ""


class Spool:
    """One temporary SQLite file: written once, closed, then read by any number of processes."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        if make:
            self._connection.executescript(_TABLES)
            self._connection.execute("BEGIN")

    def add(self, rows: Iterable[Row]) -> None:
        """Keep rows, in any order."""
        waiting, number = iter(rows), 0
        first, last = np.inf, -np.inf
        while block := list(islice(waiting, _BLOCK)):
            accounts, at, value, meter, flags, texts = zip(*block, strict=True)
            packed = np.empty(len(block), _LAYOUT)
            packed["at"], packed["value"] = at, value
            packed["meter"], packed["flags"] = meter, flags
            first, last = min(first, packed["at"].min()), max(last, packed["at"].max())
            self._connection.executemany(
                "INSERT INTO block VALUES (?, ?, ?, ?)",
                _by_account(np.array(accounts, np.int64), packed, texts, number),
            )
            number += 1
        if number:
            self._connection.execute("INSERT INTO span VALUES (?, ?)", (float(first), float(last)))

    def name(self, numbers: dict[str, int]) -> None:
        """Keep the names of the accounts that rows call by number."""
        self._connection.executemany(
            "INSERT INTO account VALUES (?, ?)", ((n, name) for name, n in numbers.items())
        )

    def settle(self, homes: Iterable[tuple[str, bytes]]) -> None:
        """Keep what is known of accounts, by name."""
        self._connection.executemany("INSERT INTO home VALUES (?, ?)", homes)

    def answer(self, answers: Iterable[tuple[str, SpooledAnswer]]) -> None:
        """Keep feedback, by the name of its account."""
        rows = ((name, a.at, a.kind, a.until) for name, a in answers)
        self._connection.executemany("INSERT INTO answer VALUES (?, ?, ?, ?)", rows)

    def seal(self) -> None:
        """Everything is there; from now on it is read."""
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def names(self) -> list[str]:
        """The accounts with usage, in the order of their names."""
        return sorted(name for (name,) in self._connection.execute("SELECT name FROM account"))

    def span(self) -> tuple[float, float]:
        """When the oldest and the newest usage was."""
        first, last = self._connection.execute("SELECT min(first), max(last) FROM span").fetchone()
        return float(first), float(last)

    def rows(self, name: str) -> Rows:
        """The usage of one account."""
        blocks = self._connection.execute(
            "SELECT rows, texts FROM block JOIN account ON account.n = block.account"
            " WHERE account.name = ? ORDER BY block.n",
            (name,),
        ).fetchall()
        packed = np.concatenate([np.frombuffer(rows, _LAYOUT) for rows, _ in blocks])
        if not any(texts for _, texts in blocks):
            return _bare(packed)
        texts = [
            text
            for rows, joined in blocks
            for text in (joined.split(_ROW) if joined else [""] * (len(rows) // _LAYOUT.itemsize))
        ]
        return _told(packed, texts)

    def home(self, name: str) -> bytes | None:
        """What is known of an account."""
        found = self._connection.execute("SELECT body FROM home WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def answers(self, name: str) -> list[SpooledAnswer]:
        """The feedback of an account in the order of time."""
        rows = self._connection.execute(
            "SELECT at, kind, until FROM answer WHERE name = ? ORDER BY at, kind, until", (name,)
        )
        return [SpooledAnswer(at=at, kind=kind, until=until) for at, kind, until in rows]


def _by_account(
    accounts: NDArray[np.int64], packed: NDArray[np.void], texts: Sequence[str], number: int
) -> Iterator[tuple[int, int, bytes, str | None]]:
    """The rows of a block, each account's together."""
    order = np.argsort(accounts, kind="stable")
    sorted_accounts, packed = accounts[order], packed[order]
    edges = [0, *(np.flatnonzero(np.diff(sorted_accounts)) + 1).tolist(), len(order)]
    told = [texts[i] for i in order.tolist()] if any(texts) else None
    for low, high in pairwise(edges):
        joined = _ROW.join(told[low:high]) if told and any(told[low:high]) else None
        yield int(sorted_accounts[low]), number, packed[low:high].tobytes(), joined


def _bare(packed: NDArray[np.void]) -> Rows:
    order = np.lexsort((packed["value"], packed["flags"], packed["meter"], packed["at"]))
    return _rows(packed[order], [""] * len(order), [""] * len(order))


def _told(packed: NDArray[np.void], texts: Sequence[str]) -> Rows:
    """In order, with texts; what comes again under an id that was there counts once."""
    fields = (packed[name].tolist() for name in ("at", "meter", "flags"))
    keys = list(zip(*fields, texts, packed["value"].tolist(), strict=True))
    parts = [text.split(_PART) if text else ("", "", "") for text in texts]
    order, seen = [], set[str]()
    for i in sorted(range(len(keys)), key=keys.__getitem__):
        id = parts[i][1]
        if id and id in seen:
            continue
        seen.add(id)
        order.append(i)
    return _rows(packed[order], [parts[i][0] for i in order], [parts[i][2] for i in order])


def _rows(packed: NDArray[np.void], users: Sequence[str], things: Sequence[str]) -> Rows:
    return Rows(
        at=packed["at"].copy(),
        value=packed["value"].copy(),
        meter=packed["meter"].copy(),
        flags=packed["flags"].copy(),
        users=users,
        things=things,
    )
