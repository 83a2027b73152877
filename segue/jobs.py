"""The few fixed jobs: what is due when is rows in the store, never a job of its own."""

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Jobs:
    """Ticks for timed releases and daily evaluations, a tidying now and then, and a night's work.

    What a night left undone, since nobody was there, is made up for at the start.
    """

    def __init__(
        self,
        *,
        wake: Callable[[], None],
        tidy: Callable[[], object],
        nightly: Callable[[], object],
    ) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._scheduler.add_job(_tick, "interval", seconds=1, args=[wake], id="releases")
        self._scheduler.add_job(tidy, "interval", minutes=5, id="tidy", executor="threads")
        self._scheduler.add_job(
            nightly,
            "cron",
            hour=0,
            minute=5,
            id="nightly",
            executor="threads",
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.add_executor("threadpool", "threads", max_workers=1)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a job that runs is left to finish."""
        self._scheduler.shutdown(wait=False)


async def _tick(wake: Callable[[], None]) -> None:
    wake()
