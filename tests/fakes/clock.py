"""A clock that stands where a test puts it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 3, 18, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The instant it stands at."""
        return self._now

    def set(self, now: datetime) -> None:
        """Put it somewhere else."""
        self._now = now

    def advance(self, **delta: float) -> None:
        """Move it on: `advance(days=1, hours=2)`."""
        self._now += timedelta(**delta)
