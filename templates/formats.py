"""Numbers, money, dates and times as people of one locale write them, by Babel."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision

NARROWEST_RANGE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Formats:
    """Formats values for one Babel locale; `today` decides where a year has to be said."""

    locale: Locale
    today: date

    def quantity(self, value: Decimal) -> str:
        """Grouped, at most two decimals, exact when whole."""
        return format_decimal(value, "#,##0.##", locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount as billed: rounded to the currency's own decimals."""
        coin = Decimal(1).scaleb(-get_currency_precision(currency))
        return format_currency(amount.quantize(coin, ROUND_HALF_UP), currency, locale=self.locale)

    def unit_price(self, amount: Decimal, currency: str) -> str:
        """The price of one unit: as many decimals as it takes, up to six, never rounded to zero."""
        decimals = get_currency_precision(currency)
        shown = amount.quantize(Decimal(1).scaleb(-6)).normalize()
        if -int(shown.as_tuple().exponent) <= decimals:
            return self.money(amount, currency)
        return format_currency(shown, currency, locale=self.locale, decimal_quantization=False)

    def day(self, day: date) -> str:
        """A day with its full month, and its year where that is not this year's."""
        if day.year != self.today.year:
            return format_date(day, "long", locale=self.locale)
        return format_date(day, self._skeleton("MMMd"), locale=self.locale)

    def days(self, low: date, high: date) -> str:
        """A range of days, its common parts said once: 22–26 November."""
        skeleton = "MMMd" if low.year == high.year == self.today.year else "yMMMd"
        part = "y" if low.year != high.year else "M" if low.month != high.month else "d"
        patterns = self.locale.interval_formats[skeleton][part]
        ends = zip((low, high), patterns, strict=True)
        return "".join(format_date(d, _full_month(p), locale=self.locale) for d, p in ends)

    def month(self, day: date) -> str:
        """The month's name, and its year where it is more than eleven months away."""
        near = abs((self.today - day).days) < 335
        return format_date(day, "LLLL" if near else "LLLL y", locale=self.locale)

    def instant(self, at: datetime, zone: str) -> str:
        """Day and time of an instant in a zone, with the zone's name."""
        local = at.astimezone(ZoneInfo(zone))
        day = format_date(local.date(), "long", locale=self.locale)
        return f"{day}, {format_time(local, 'short', locale=self.locale)} ({zone})"

    def time(self, at: datetime, zone: str) -> str:
        """The time of day of an instant in a zone."""
        return format_time(at.astimezone(ZoneInfo(zone)), "short", locale=self.locale)

    def is_one(self, value: Decimal) -> bool:
        """Whether the language counts `value`, as it is shown, like one thing."""
        return self.locale.plural_form(value.quantize(Decimal("0.01")).normalize()) == "one"

    def _skeleton(self, key: str) -> str:
        return _full_month(self.locale.datetime_skeletons[key].pattern)


def _full_month(pattern: str) -> str:
    """The same pattern with the month written out."""
    return pattern.replace("MMM", "MMMM").replace("LLL", "LLLL")


def widened(low: date, high: date, not_before: date) -> tuple[date, date]:
    """A range that promises no more than a forecast can: at least three days wide."""
    if high - low < NARROWEST_RANGE:
        low = max(low - timedelta(days=1), min(low, not_before))
        high = max(high, low + NARROWEST_RANGE)
    return low, high
