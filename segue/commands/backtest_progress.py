"""How far a backtest is: a bar where somebody looks, else a line every ten seconds."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY = 10.0


class Bar:
    """Tells on stderr, so that what is printed stays clean."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._clock, self._step, self._task = clock, "", self._progress.add_task("", said="")
        self._began = self._heard = self._told = clock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        """A line beside the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    def tell(self, step: str, done: int, total: int, days: int) -> None:
        """Show how far a step is."""
        now = self._clock()
        if step != self._step:
            self._step, self._began = step, self._heard
            self._progress.reset(self._task, description=step, said="", total=total or None)
        self._heard = now
        said = self._said(done, total, days, max(now - self._began, 1e-3))
        self._progress.update(self._task, completed=done, said=said)
        if not self._console.is_terminal and now - self._told >= _EVERY:
            self._told = now
            print(f"{step}: {said}", file=sys.stderr, flush=True)

    def _said(self, done: int, total: int, days: int, seconds: float) -> str:
        if not total:
            return f"{done:,} read, {done / seconds:,.0f}/s"
        return f"{done:,} of {total:,} accounts, {days / seconds:,.0f} account-days/s"
