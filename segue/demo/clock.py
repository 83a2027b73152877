"""The demo's clock: it stands where it was put, or walks on at the speed of real seconds."""

import threading
import time
from datetime import UTC, datetime, timedelta


class DemoClock:
    """Passed in as the context's clock; only the driver moves it, and never backwards."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._at = start.astimezone(UTC)
        self._walking_since: float | None = None

    def now(self) -> datetime:
        """The demo's present instant in UTC."""
        with self._lock:
            return self._now()

    def put(self, at: datetime) -> None:
        """Move on to an instant; an earlier one changes nothing."""
        with self._lock:
            walking = self._walking_since is not None
            self._at = max(self._now(), at.astimezone(UTC))
            self._walking_since = time.monotonic() if walking else None

    def walk(self) -> None:
        """From now on a second is a second."""
        with self._lock:
            if self._walking_since is None:
                self._walking_since = time.monotonic()

    def stand(self) -> None:
        """Stay where it is now."""
        with self._lock:
            self._at = self._now()
            self._walking_since = None

    def _now(self) -> datetime:
        if self._walking_since is None:
            return self._at
        return self._at + timedelta(seconds=time.monotonic() - self._walking_since)
