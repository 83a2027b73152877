"""Reads USAGE into the spool: each row becomes usage of a meter, or friction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.catalogue import Catalogue
from engine.errors import Invalid
from engine.usage import Aggregation
from service.recorded_rows import Problems, Table, epoch, name, number, table
from store.spool import CORRECTS, FRICTION, Row, Spool, text_of

_NEEDED = ("account", "timestamp", "value")
_COLUMNS = (*_NEEDED, "meter", "user", "id", "kind", "correction")
_KEPT, _TOLD = 100_000, 50_000
_KINDS = {"": 0, "usage": 0, "friction": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How much was read."""

    rows: int
    accounts: int


def read_usage(
    file: Path,
    catalogue: Catalogue,
    spool: Spool,
    problems: Problems,
    tell: Callable[[str, int, int, int], None],
) -> Read:
    """Put every good row of the file into the spool; `tell` hears how many there were so far.

    Raises:
        Invalid: the file can't be read, or holds no usage.
    """
    with table(file, _NEEDED, problems) as opened:
        reader = _Reader(opened, catalogue, problems, tell)
        spool.add(reader.rows())
    if not reader.count:
        raise Invalid(f"{file} holds no usage")
    spool.name(reader.numbers)
    return Read(rows=reader.count, accounts=len(reader.numbers))


@dataclass
class _Reader:
    """One pass over the file; a text that was found in order is not checked again."""

    table: Table
    catalogue: Catalogue
    problems: Problems
    tell: Callable[[str, int, int, int], None]
    numbers: dict[str, int] = field(default_factory=dict)
    count: int = 0
    _values: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        meters = list(self.catalogue.meters.values())
        self._meters = {meter.key: n for n, meter in enumerate(meters)}
        self._meters[""] = next((n for n, meter in enumerate(meters) if meter.meaningful), 0)
        self._unique = [meter.aggregation is Aggregation.UNIQUE for meter in meters]

    def rows(self) -> Iterator[Row]:
        """The good rows."""
        pick, row_of = self.table.picker(*_COLUMNS), self._row
        for line, row in self.table.lines:
            try:
                found = row_of(*pick(row))
            except Invalid as refused:
                self.problems.add(self.table.file, line, refused.detail)
                continue
            self.count += 1
            if self.count % _TOLD == 0:
                self.tell("rows", self.count, 0, 0)
            yield found

    def _row(
        self,
        account: str,
        stamp: str,
        value: str,
        key: str,
        user: str,
        event: str,
        kind: str,
        correction: str,
    ) -> Row:
        meter, friction = self._meters.get(key), _KINDS.get(kind)
        if meter is None:
            raise Invalid(f"meter: there is no meter {key[:64]!r}")
        if friction is None:
            raise Invalid(f"kind: {kind[:40]!r} is not 'friction'")
        if friction and not user:
            raise Invalid("user: friction needs the user it got in the way of")
        at = epoch("timestamp", stamp)
        amount, thing = (0.0, "") if friction else self._amount(value, meter, correction)
        text = ""
        if user or event or thing:
            text = text_of(
                name("user", user) if user else "", name("id", event) if event else "", thing
            )
        flags = FRICTION if friction else CORRECTS if correction else 0
        return (self._account(account), at, amount, meter, flags, text)

    def _account(self, text: str) -> int:
        known = self.numbers.get(text)
        if known is None:
            known = self.numbers.setdefault(name("account", text), len(self.numbers))
        return known

    def _amount(self, text: str, meter: int, correction: str) -> tuple[float, str]:
        if self._unique[meter]:
            if correction:
                raise Invalid("correction: a unique meter can't be corrected")
            return 1.0, name("value", text)
        known = self._values.get(text)
        if known is None or (known < 0 and not correction):
            known = float(number("value", text, corrects=bool(correction)))
            if len(self._values) < _KEPT:
                self._values[text] = known
        return known, ""
