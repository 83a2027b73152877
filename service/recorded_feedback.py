"""Reads F: what people answered to the asks and reflections of a backtest."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.alert import FeedbackKind
from engine.errors import Invalid
from service.recorded_rows import Problems, epoch, instant, name, table
from store.spool import SpooledAnswer

_NEEDED = ("account", "at", "kind")


def read_feedback(file: Path, problems: Problems) -> Iterator[tuple[str, SpooledAnswer]]:
    """Each answer with the name of its account.

    Raises:
        Invalid: the file can't be read.
    """
    with table(file, _NEEDED, problems) as opened:
        pick = opened.picker(*_NEEDED, "until")
        for line, row in opened.lines:
            try:
                yield _answer(*pick(row))
            except Invalid as refused:
                problems.add(file, line, refused.detail)


def _answer(account: str, at: str, kind: str, until: str) -> tuple[str, SpooledAnswer]:
    known = kind.strip().lower()
    if known not in list(FeedbackKind):
        raise Invalid(f"kind: {kind[:40]!r} is none of {', '.join(FeedbackKind)}")
    last: datetime | None = instant("until", until) if until.strip() else None
    return name("account", account), SpooledAnswer(
        at=epoch("at", at), kind=known, until=last.date().isoformat() if last else None
    )
