"""Days that stand out so far that a straight line through them would mislead."""

from collections.abc import Iterator
from datetime import date
from statistics import median

from engine.usage import MeterUse
from segue.demo import captions

_TIMES = 5.0
_BEFORE = 28
_BUSY = 14


def spike(meter: MeterUse, today: date) -> Iterator[tuple[str, dict[str, str]]]:
    """Yesterday, if it was many times the usual of the four weeks before."""
    if meter.limit is None or meter.first_day is None or meter.period.end is None:
        return
    size = (today - meter.first_day).days - 1
    if not 0 <= size < len(meter.daily):
        return
    value, before = meter.daily[size], meter.daily[max(size - _BEFORE, 0) : size]
    busy = [amount for amount in before if amount > 0]
    if len(busy) < _BUSY or value < _TIMES * median(busy):
        return
    gone = (today - meter.period.start).days or 1
    whole = (meter.period.end - meter.period.start).days
    line = float(meter.used) / gone * whole
    if line > float(meter.limit):
        yield (
            today.isoformat(),
            {
                "value": captions.number(value),
                "times": captions.number(value / median(busy)),
                "line": captions.number(line),
            },
        )
