"""The summary of a backtest for a terminal: aligned columns, no more than a screen or two."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from templates.backtest_view import BacktestView, Figures, Point
from templates.backtest_words import Words, words
from templates.plain import plain

_REASONS = 12
_VALUE = 12
Line: TypeAlias = str | tuple[str, Sequence[str]]
"""A line as it is, or a label with the values of its columns."""


def summary(view: BacktestView) -> str:
    """What a backtest found, in plain text."""
    text = words(view.locale)
    blocks = [
        list(block)
        for block in (
            _head(view, text),
            _figures(view, text),
            _said(view, text),
            _silence(view.sides[0], text),
            _reliability(view.sides[0], text),
            _against(view, text),
        )
    ]
    width = max(len(line[0]) for block in blocks for line in block if isinstance(line, tuple))
    return "\n\n".join("\n".join(_set(n, width) for n in block) for block in blocks if block) + "\n"


def _head(view: BacktestView, text: Words) -> Iterator[Line]:
    yield text.say(
        "summary.head",
        product=plain(view.product, 40),
        first=text.day(view.first),
        last=text.day(view.last),
    )


def _set(line: Line, width: int) -> str:
    """A line with its columns where those of all others are."""
    if isinstance(line, str):
        return line
    label, values = line
    return f"{label:<{width}}" + "".join(f"{value:>{_VALUE}}" for value in values)


def _figures(view: BacktestView, text: Words) -> Iterator[Line]:
    sides = view.sides

    def row(key: str, values: Sequence[str]) -> Line:
        return (text.say(f"summary.{key}"), values)

    if len(sides) > 1:
        yield row("policy", [plain(name, _VALUE - 1) for name in view.names])
    yield row("accounts", [text.number(s.accounts) for s in sides])
    yield row("days", [text.number(s.days) for s in sides])
    yield row("per_year", [text.number(s.asks_per_year, 3) for s in sides])
    yield row("judged", [text.number(s.judged) for s in sides])
    yield row("precision", [text.percent(s.precision) for s in sides])
    yield row("stayed", [text.percent(s.stayed_share) for s in sides])
    yield row("lead", [_or_dash(s.lead, 1, text) for s in sides])
    yield row("wrong", [text.number(s.judged - s.passed) for s in sides])
    yield row("outgrew", [text.number(s.outgrew) for s in sides])
    yield row("in_time", [_share(s.outgrew_in_time, s.in_time, text) for s in sides])
    yield row("late", [text.number(s.outgrew_late) for s in sides])
    yield row("experimenters", [text.number(s.experimenters) for s in sides])
    yield row("bothered", [text.number(s.bothered) for s in sides])
    yield row("without", [text.number(s.without_moment) for s in sides])
    if view.bad_rows:
        yield row("bad_rows", [text.number(view.bad_rows)])


def _said(view: BacktestView, text: Words) -> Iterator[Line]:
    counts = [{(kind, moment): n for kind, moment, n in s.moments} for s in view.sides]
    keys = list(dict.fromkeys(key for side in counts for key in side))
    yield text.say("summary.said")
    if not keys:
        yield f"  {text.say('said.nothing')}"
    for kind, moment in keys:
        label = f"  {text.say(f'legend.{kind}')}: {text.moment(moment)}"
        yield (label, [text.number(side.get((kind, moment), 0)) for side in counts])


def _silence(figures: Figures, text: Words) -> Iterator[Line]:
    yield (
        text.say("summary.silence"),
        [text.say("summary.silence_days"), text.say("summary.silence_accounts")],
    )
    for reason, days, accounts in figures.silences[:_REASONS]:
        label = f"  {text.reason(reason)}"
        yield (label, [text.number(days), text.number(accounts)])


def _reliability(figures: Figures, text: Words) -> Iterator[Line]:
    if not figures.resolved:
        return
    yield text.say("summary.reliability")
    for key, points in (("raw", figures.raw), ("calibrated", figures.calibrated)):
        if points:
            yield f"  {text.say(f'summary.{key}')}"
            yield from (_point(point, text) for point in points)
    if not figures.scored:
        yield "  " + text.say(
            "summary.brier_few",
            resolved=text.number(figures.resolved),
            least=text.number(figures.least),
        )
        return
    yield "  " + text.say(
        "summary.brier", scored=text.number(figures.scored), least=text.number(figures.least)
    )
    yield "    " + text.say(
        "summary.brier_line",
        raw=_or_dash(figures.brier_raw, 3, text),
        calibrated=_or_dash(figures.brier_calibrated, 3, text),
        base=_or_dash(figures.brier_base, 3, text),
    )


def _point(point: Point, text: Words) -> str:
    said, happened = text.percent(point.said), text.percent(point.happened)
    bar = "█" * round(20 * point.happened)
    return f"  {said:>9} {happened:>9} {text.number(point.count):>9}  {bar}".rstrip()


def _against(view: BacktestView, text: Words) -> Iterator[Line]:
    if len(view.sides) < 2:
        return
    policy, other = (plain(name, 24) for name in view.names)
    yield text.say("summary.against", other=other)
    counts = {
        "same": view.same,
        "moved": sum(change.days is not None for change in view.changes),
        "only_here": sum(change.there is None for change in view.changes),
        "only_there": sum(change.here is None for change in view.changes),
    }
    for key, n in counts.items():
        label = "  " + text.say(f"summary.{key}", policy=policy, other=other)
        yield (label, [text.number(n)])


def _or_dash(value: float | None, decimals: int, text: Words) -> str:
    return text.say("page.nothing") if value is None else text.number(value, decimals)


def _share(count: int, share: float | None, text: Words) -> str:
    return f"{text.number(count)} ({text.percent(share)})"
