"""The few fixed jobs: what is due when is rows in the store, never a job of its own."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.errors import Fenced

log = logging.getLogger(__name__)
RENEW = 5
"""Seconds between two looks at who leads."""
PACK = 20
"""Seconds between two looks at whether fingerprints are to be packed."""
DIGESTS = 15
"""Minutes between two looks at who is due a digest: a morning begins somewhere each hour."""
NIGHT: dict[str, Any] = {"hour": 0, "minute": 5}
"""When what a night is for is done, in UTC."""


class Jobs:
    """Who leads, and for the leader alone: tidying, packing, digests and the night.

    `lead`: lead or go on leading, and say the term, None: another does. What a night left undone,
    since nobody was there, is made up for where a term begins.
    """

    def __init__(
        self,
        *,
        tidy: Callable[[], object],
        pack: Callable[[], object],
        digests: Callable[[], object],
        nightly: Callable[[], object],
        lead: Callable[[], int | None],
    ) -> None:
        self._lead = lead
        self._term: int | None = None
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        # Who leads is looked at beside what the leader does, however long that takes; packing goes
        # along with usage, which does not wait for a night to be over.
        for name in ("threads", "lead", "pack"):
            self._scheduler.add_executor("threadpool", name, max_workers=1)
        self._scheduler.add_job(
            self._renew,
            "interval",
            seconds=RENEW,
            id="lead",
            executor="lead",
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.add_job(
            self._leading, "interval", minutes=5, args=[tidy], id="tidy", executor="threads"
        )
        self._scheduler.add_job(
            self._leading, "interval", seconds=PACK, args=[pack], id="pack", executor="pack"
        )
        self._scheduler.add_job(
            self._leading,
            "interval",
            minutes=DIGESTS,
            args=[digests],
            id="digests",
            executor="threads",
        )
        self._scheduler.add_job(
            self._leading, "cron", **NIGHT, args=[nightly], id="nightly", executor="threads"
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def again(self) -> None:
        """The clock was put back: nothing waits until it shows once more what it showed before."""
        for name in ("lead", "tidy", "pack", "digests"):
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))
        self._scheduler.reschedule_job("nightly", trigger="cron", **NIGHT)

    def stop(self) -> None:
        """End; a job that runs is left to finish."""
        self._scheduler.shutdown(wait=False)

    def _renew(self) -> None:
        term, before = self._lead(), self._term
        self._term = term
        if term is not None and term != before:
            log.info("this node leads, for the %d. time somebody does", term)
            self._scheduler.modify_job("nightly", next_run_time=datetime.now(UTC))

    def _leading(self, job: Callable[[], object]) -> None:
        if self._term is None:
            return
        try:
            job()
        except Fenced:
            log.info("another node leads now, and does the rest")
