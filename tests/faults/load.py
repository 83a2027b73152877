"""A client that never gives up: every event has its own id and is sent until acknowledged."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from tests.faults.ledger import MICRO, Event, Ledger, totals

SENDERS = 3
SIZES = (25, 1, 60)
"""Events in a request, in turn."""
REST = 0.05
"""Seconds between two requests of a sender: the machine has other things to do as well."""
LONGEST = 0.5
EACH = 0.35
"""Seconds at least, until the next account grows past its limit."""
PATIENCE = 120.0


@dataclass
class Load:
    """Pours usage from several threads at the nodes of `urls`, until it is told to finish.

    One account after the other grows past its limit, so that alerts are raised all the time.
    """

    urls: Sequence[str]
    key: str
    accounts: Sequence[str]
    limit: int
    ledger: Ledger = field(default_factory=Ledger)
    retried: int = 0
    _growing: int = 0
    _grown: float = 0.0
    _next_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to pour."""
        for n in range(SENDERS):
            thread = threading.Thread(target=self._run, args=(n,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def finish(self) -> bool:
        """Begin nothing new; whether all that was begun is acknowledged."""
        self._over.set()
        end = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def again(self, most: int = 2000) -> int:
        """Send what was acknowledged first once more; says how much of it was taken for new."""
        events, new = self.ledger.first(most), 0
        with self._client() as client:
            for start in range(0, len(events), 500):
                batch = events[start : start + 500]
                answer = client.post(f"{self.urls[0]}/v1/usage", json=batch)
                new += len(batch) - answer.json()["duplicates"]
        return new

    def _client(self) -> httpx.Client:
        return httpx.Client(
            headers={"Authorization": f"Bearer {self.key}"}, timeout=30, verify=False
        )

    def _run(self, sender: int) -> None:
        with self._client() as client:
            for events in self._batches(sender):
                self._until_acknowledged(client, sender, events)
                time.sleep(REST)

    def _batches(self, sender: int) -> Iterator[list[Event]]:
        number, turn = 0, sender
        while not self._over.is_set():
            size = SIZES[turn % len(SIZES)]
            account = self._account() if turn % 2 else f"bulk-{turn % 7}"
            yield [self._event(sender, number + i, account) for i in range(size)]
            number, turn = number + size, turn + 1

    def _account(self) -> str:
        """Who grows at the moment."""
        with self._lock:
            now = time.monotonic()
            if self._grown >= self.limit and now >= self._next_at:
                self._growing = min(self._growing + 1, len(self.accounts) - 1)
                self._grown, self._next_at = 0.0, now + EACH
            return self.accounts[self._growing]

    def _event(self, sender: int, number: int, account: str) -> Event:
        event: Event = {"id": f"{sender}-{number}", "account": account, "meter": "reports"}
        if number % 4 == 0:
            return event | {"meter": "runs"}
        return event | {"value": 1 + number % 5 / 4}

    def _until_acknowledged(self, client: httpx.Client, sender: int, events: list[Event]) -> None:
        tries = 0
        while True:
            url, begun = self.urls[(sender + tries) % len(self.urls)], time.monotonic()
            try:
                answer = client.post(f"{url}/v1/usage", json=events)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self._note(answer, events, begun)
                return
            if answer is not None and answer.status_code not in (429, 503):
                self.ledger.refuse(f"{answer.status_code}: {answer.text}")
            tries += 1
            self.retried += 1
            time.sleep(min(0.05 * 2**tries, LONGEST))

    def _note(self, answer: httpx.Response, events: list[Event], begun: float) -> None:
        told = answer.json()
        if told["accepted"] + told["duplicates"] == len(events):
            self.ledger.note(events, begun, time.monotonic())
            with self._lock:
                self._grown += totals(events)[self.accounts[self._growing], "reports"] / MICRO
        else:
            self.ledger.refuse(answer.text)
