"""What changed on one node, told to the others: hints over LISTEN and NOTIFY, never in a commit."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from engine.errors import Unavailable
from store import postgres
from store.database import Database

_CHANNEL = "segue_changed"
_LONGEST = 7800
"""Bytes of accounts in one notification; the server takes 8,000 of all."""
_PARTS = 20
"""Notifications at once; more accounts than these name are everyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Accounts that changed elsewhere (None: any may have), and whether there is work to do."""

    accounts: frozenset[str] | None
    work: bool


class Teller:
    """Tells the other nodes, by a connection of its own that is made anew when it broke."""

    def __init__(self, database: Database, node: str) -> None:
        self._url, self._node = database.direct_url, node
        self._connection: Any = None

    def tell(self, told: Iterable[Told]) -> bool:
        """Say what changed; whether that came to everyone.

        Raises:
            Unavailable: nobody was told.
        """
        parts = [(one.work, part) for one in told for part in _parts(one.accounts)]
        if len(parts) > _PARTS:
            parts = [(any(work for work, _ in parts), None)]
        lost = postgres.driver().Error
        try:
            if self._connection is None:
                self._connection = postgres.connect(self._url, autocommit=True)
            with self._connection.transaction():
                for part in parts:
                    said = json.dumps([self._node, *part])
                    self._connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, said))
        except lost as error:
            self.close()
            why = " ".join(str(error).split())
            raise Unavailable(f"the other nodes could not be told: {why}") from None
        return any(accounts is None for _, accounts in parts)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def heard(database: Database, node: str, *, beat: float = 5.0) -> Iterator[Told | None]:
    """What other nodes say changed; None at every beat, so that the listener can end.

    Raises:
        Unavailable: the connection broke, and something may have been missed.
    """
    lost = postgres.driver().Error
    try:
        with closing(postgres.connect(database.direct_url, autocommit=True)) as connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            # What was said before nobody heard.
            yield Told(accounts=None, work=True)
            while True:
                for said in connection.notifies(timeout=beat):
                    sender, work, accounts = json.loads(said.payload)
                    if sender != node:
                        found = None if accounts is None else frozenset(accounts)
                        yield Told(accounts=found, work=work)
                postgres.ping(connection)
                yield None
    except lost as error:
        why = " ".join(str(error).split())
        raise Unavailable(f"the other nodes can't be heard: {why}") from None


def _parts(accounts: frozenset[str] | None) -> Iterator[list[str] | None]:
    """As many accounts at once as a notification holds."""
    if accounts is None:
        yield None
        return
    part, size = list[str](), 0
    for account in sorted(accounts):
        length = len(json.dumps(account)) + 2
        if part and size + length > _LONGEST:
            yield part
            part, size = [], 0
        part.append(account)
        size += length
    if part:
        yield part
