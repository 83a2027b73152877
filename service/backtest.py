"""Replays recorded usage under a policy: what would have been said, when, and whether it was right.

    read the files -> forecast every account -> learn from that -> decide every day -> report

The same engine decides as live, so this shows what would have gone out, not a likeness of it.
"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.errors import Invalid
from service import backtest_report, config
from service.backtest_files import whole
from service.backtest_run import Findings, Tell, run
from service.backtest_source import SpoolOrigin
from service.backtest_work import Side
from service.recorded import packed
from service.recorded_accounts import read_accounts
from service.recorded_feedback import read_feedback
from service.recorded_rows import Problems
from service.recorded_usage import read_usage
from store.spool import Spool
from templates.backtest_view import BacktestView


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be replayed, and where the results go; policies as name and text."""

    config: tuple[str, str]
    against: tuple[str, str] | None = None
    usage: Path
    accounts: Path | None = None
    feedback: Path | None = None
    out: Path
    decisions: Path | None = None
    report: Path | None = None
    jobs: int = 1


def backtest(order: Order, *, problems: Problems, tell: Tell, now: datetime) -> BacktestView:
    """Replay files and write ALERTS, D and the report; gives what the summary says.

    Raises:
        ConfigInvalid: a policy file is wrong.
        Invalid: a file can't be read or written, or holds nothing.
    """
    policies = [order.config] + ([order.against] if order.against else [])
    files = [config.applied(text, version=0) for _, text in policies]
    sides = [Side(catalogue=file.catalogue, policy=file.policy) for file in files]
    _comparable(sides)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="segue-backtest-")))
        out = stack.enter_context(whole(order.out))
        decisions = stack.enter_context(whole(order.decisions))
        report = stack.enter_context(whole(order.report))
        origin = _spooled(order, sides[0], folder, problems, tell)

        def lines(alerts: str, decided: str) -> None:
            out.write(alerts)
            if order.decisions is not None:
                decisions.write(decided)

        findings = run(
            origin,
            sides,
            jobs=order.jobs,
            folder=folder,
            lines=lines,
            tell=tell,
            draw=order.report is not None,
        )
        view = _view(findings, order, sides, problems, now)
        if order.report is not None:
            report.write(backtest_report.page(view))
    return view


def _comparable(sides: Sequence[Side]) -> None:
    """Both policies must count a meter the same way, for the usage is read once."""
    for side in sides[1:]:
        for key, meter in side.catalogue.meters.items():
            other = sides[0].catalogue.meters.get(key)
            if other is not None and other.aggregation is not meter.aggregation:
                raise Invalid(f"the meter {key!r} is counted differently in --against")


def _spooled(order: Order, side: Side, folder: Path, problems: Problems, tell: Tell) -> SpoolOrigin:
    """Read every file once into one that is kept in order on disk."""
    catalogue = side.catalogue
    spool = Spool(folder / "usage.db", make=True)
    try:
        read_usage(order.usage, catalogue, spool, problems, tell)
        if order.accounts is not None:
            homes = read_accounts(order.accounts, catalogue, problems)
            spool.settle((name, packed(home)) for name, home in homes)
        if order.feedback is not None:
            spool.answer(read_feedback(order.feedback, problems))
        problems.end()
        spool.seal()
    finally:
        spool.close()
    return SpoolOrigin(
        path=spool.path, meters=tuple(catalogue.meters), listed=order.accounts is not None
    )


def _view(
    findings: Findings, order: Order, sides: Sequence[Side], problems: Problems, now: datetime
) -> BacktestView:
    names = [order.config[0]] + ([order.against[0]] if order.against else [])
    return backtest_report.view(findings, sides, names, bad_rows=problems.count, made_at=now)
