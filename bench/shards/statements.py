"""Listens to the statements of a database: what is asked, with what, and by which function."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

import store
from store.database import Database

_HOME = Path(store.__file__).parent
_CARRIERS = {"rows", "database"}
"""Files of the store that carry other files' statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement as the driver got it; of many rows at once, `given` are the first's."""

    step: str
    where: str
    text: str
    given: Any


@dataclass(slots=True)
class Heard:
    """The statements that came by; those of the same text in one step once."""

    step: str = ""
    found: dict[tuple[str, str], Statement] = field(default_factory=dict)

    @property
    def statements(self) -> list[Statement]:
        """In the order in which they came first."""
        return list(self.found.values())

    def note(self, text: str, given: Any, *, many: bool) -> None:
        """Keep a statement, if anybody listens just now."""
        if self.step and text != "BEGIN" and (self.step, text) not in self.found:
            first = given[0] if many else given
            self.found[self.step, text] = Statement(
                step=self.step, where=_asker(), text=text, given=first
            )


@contextmanager
def listening(database: Database) -> Iterator[Heard]:
    """Hear what is asked of a database, whether through SQLAlchemy's constructs or past them."""
    heard = Heard()

    def hear(_: Any, __: Any, text: str, given: Any, ___: Any, many: bool) -> None:
        heard.note(text, given, many=many)

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", hear)


def _asker() -> str:
    """The function of the store that asks, as file.function."""
    frame = inspect.currentframe()
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.parent == _HOME and file.stem not in _CARRIERS:
            return f"{file.stem}.{frame.f_code.co_qualname.partition('.<')[0]}"
        frame = frame.f_back
    return "the commit"
