"""The table of `make faults`, and what lies beside it."""

from collections.abc import Iterator, Sequence

from tests.faults.run import Result

HEAD = (
    "fault", "acknowledged", "counted", "lost", "doubled", "alerts", "told twice", "cut off",
    "back after", "retries", "/readyz during", "and after",
)  # fmt: skip
_LEFT = (0, 10, 11)


def row(result: Result) -> str:
    """One line about one fault, while the others still run."""
    problems = "; ".join(result.broken()) or "as promised"
    return f"{result.fault.name}: {problems}"


def lines(results: Sequence[Result]) -> Iterator[str]:
    """The table as Markdown, the words under it, and what was broken."""
    cells = [list(HEAD), *(_cells(result) for result in results)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(HEAD))]
    for number, line in enumerate(cells):
        yield _line(line, widths)
        if number == 0:
            rule = ["-" * (w - 1) + ("-" if n in _LEFT else ":") for n, w in enumerate(widths)]
            yield _line(rule, widths)
    yield ""
    yield "cut off: messages that went out again, since the sender died before it could note them."
    for result in results:
        for note in result.notes:
            yield f"{result.fault.name}: {note}"
        for problem in result.broken():
            yield f"BROKEN {result.fault.name}: {problem}"


def _cells(result: Result) -> list[str]:
    back = "never" if result.back_after is None else f"{result.back_after:.1f} s"
    return [
        result.fault.name,
        str(result.acknowledged),
        str(result.found.counted),
        f"{result.found.lost:g}",
        f"{result.found.doubled:g}",
        str(result.told.alerts),
        str(result.told.twice),
        str(result.told.cut_off),
        back,
        str(result.retried),
        ", ".join(result.during),
        ", ".join(dict.fromkeys(result.after)),
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if n in _LEFT else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
