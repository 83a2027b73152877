"""The words of a backtest's report, with its numbers and dates as people write them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from engine.alert import Moment, ReasonCode
from engine.decision import Stage
from engine.errors import LocaleMissing
from templates.pack import HERE, Pack, pack

_FOLDER = HERE / "backtest"


@dataclass(frozen=True, slots=True)
class Words:
    """The report's sentences in one language."""

    pack: Pack
    table: Mapping[str, Any]

    def say(self, key: str, **values: object) -> str:
        """A sentence by "table.key", filled in."""
        found: Any = self.table
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values)

    def count(self, key: str, n: float, **values: object) -> str:
        """A sentence in the form that the language has for so many."""
        form = self.pack.babel.plural_form(n)
        table, _, name = key.partition(".")
        forms = self.table[table][name]
        return str(forms.get(form, forms["other"])).format(n=self.number(n), **values)

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """A grouped number."""
        pattern = "#,##0" + (f".{'0' * decimals}" if decimals else "")
        return format_decimal(value, pattern, locale=self.pack.babel)

    def amount(self, value: float | Decimal) -> str:
        """An amount of a meter: whole where it is, else two decimals at most."""
        return format_decimal(value, "#,##0.##", locale=self.pack.babel)

    def percent(self, share: float | None) -> str:
        """A share as a percentage, with a decimal where it is small; a dash: not known."""
        if share is None:
            return self.say("page.nothing")
        value = 100 * share
        small = 0 < value < 10 or 99 < value < 100
        return self.say("page.percent", value=self.number(value, 1 if small else 0))

    def day(self, day: date) -> str:
        """A day in short, with its year."""
        return format_date(day, "medium", locale=self.pack.babel)

    def month(self, day: date) -> str:
        """A month in short."""
        return format_date(day, "LLL", locale=self.pack.babel)

    def moment(self, moment: Moment) -> str:
        """What people call a moment."""
        return str(self.pack.words["moments"][moment])

    def stage(self, stage: Stage) -> str:
        """What people call a stage."""
        return str(self.pack.words["stages"][stage])

    def reason(self, reason: ReasonCode) -> str:
        """A reason in a few words."""
        return self.say(f"reasons.{reason}")


def words(locale: str, *, beside: str = "") -> Words:
    """The report's words in this language, in English where it has none of them.

    `beside`: a folder with the words of a page that draws the same, which come with them.
    """
    try:
        found = pack(locale)
    except LocaleMissing:
        found = pack("en")
    if not (_FOLDER / f"{found.name}.toml").is_file():
        found = pack("en")
    tables = [_table(folder, found.name) for folder in (_FOLDER.name, beside) if folder]
    return Words(found, {key: value for table in tables for key, value in table.items()})


@cache
def _table(folder: str, name: str) -> Mapping[str, Any]:
    return tomllib.loads((HERE / folder / f"{name}.toml").read_text("utf-8"))
