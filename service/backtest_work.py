"""What each process of a backtest does with a handful of accounts: foresee, replay, look closer."""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from engine.catalogue import Catalogue
from engine.hindsight import foresee_records
from engine.policy import Policy
from engine.record import Calibrations, Foreseen, Record, Spell
from engine.replay import replay_all
from service import backtest_account, backtest_lines
from service.backtest_against import Difference, differences
from service.backtest_results import AccountResult
from service.backtest_source import Origin, Source
from service.backtest_timeline import timeline
from service.backtest_truth import DAY
from templates.backtest_view import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A policy file to be replayed."""

    catalogue: Catalogue
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """The forecasts of a handful of accounts, under each policy; `days`: account-days looked at."""

    accounts: int
    days: int
    sides: tuple[tuple[Foreseen, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """An account under each policy; the lines are those of the first."""

    results: tuple[AccountResult, ...]
    alerts: str
    decisions: str
    differences: tuple[Difference, ...] = ()


@dataclass(kw_only=True)
class _Desk:
    """What a process keeps between its tasks."""

    source: Source
    sides: Sequence[Side]
    end: datetime
    since: datetime | None
    learned: dict[Path, tuple[Calibrations, ...]] = field(default_factory=dict)


_desks: list[_Desk] = []


def prepare(origin: Origin, sides: Sequence[Side], end: datetime, since: datetime | None) -> None:
    """Open the source; once a process. `since`: only what was decided from then on is told."""
    _desks[:] = [_Desk(source=origin.open(), sides=sides, end=end, since=since)]


def finish() -> None:
    """Close it again, where this process did the work itself."""
    while _desks:
        _desks.pop().source.close()


def foresee(accounts: Sequence[str]) -> Foresight:
    """The raw forecasts of these accounts, under each policy."""
    desk, sides, days = _desks[0], [], 0.0
    for side in desk.sides:
        records = [desk.source.record(account, side.catalogue) for account in accounts]
        found = foresee_records(records, side.policy, desk.end)
        began = (backtest_account.began(record, desk.end) for record in records)
        days += sum((desk.end.timestamp() - first) / DAY for first in began)
        sides.append(tuple(_bare(one) for of_record in found for one in of_record))
    return Foresight(accounts=len(accounts), days=int(days), sides=tuple(sides))


def replayed(learned: Path, accounts: Sequence[str]) -> list[Replayed]:
    """These accounts replayed under each policy."""
    return [_replayed(sides) for sides in _by_account(learned, accounts)]


def closer(learned: Path, accounts: Sequence[str]) -> list[tuple[Timeline, ...]]:
    """These accounts drawn day by day, under each policy."""
    end = _desks[0].end
    return [
        tuple(timeline(record, spells, end) for record, spells in sides)
        for sides in _by_account(learned, accounts)
    ]


def _replayed(sides: Sequence[tuple[Record, list[Spell]]]) -> Replayed:
    desk = _desks[0]
    results = [backtest_account.read(record, told, desk.end, desk.since) for record, told in sides]
    record, first = sides[0]
    facts = record.account
    return Replayed(
        results=tuple(results),
        alerts="".join(
            backtest_lines.alert(facts, raised) for spell in first for raised in spell.raised
        ),
        # A look that usage brought, and that said nothing, is no daily decision.
        decisions="".join(
            backtest_lines.decision(facts, spell) for spell in first if spell.days or spell.raised
        ),
        differences=differences(results[0], results[1], (first, sides[1][1]))
        if len(results) > 1
        else (),
    )


def _by_account(
    learned: Path, accounts: Sequence[str]
) -> Iterator[tuple[tuple[Record, list[Spell]], ...]]:
    """Each account in turn, with what was said to it under each policy."""
    desk = _desks[0]
    known = zip(desk.sides, _calibrations(learned), strict=True)
    return zip(*(_spells(side, accounts, in_force) for side, in_force in known), strict=True)


def _spells(
    side: Side, accounts: Sequence[str], calibrations: Calibrations
) -> Iterator[tuple[Record, list[Spell]]]:
    """One account's spells at a time, though their days are read together."""
    desk = _desks[0]
    records = [desk.source.record(account, side.catalogue) for account in accounts]
    replays = replay_all(records, side.policy, desk.end, calibrations)
    for record, spells in zip(records, replays, strict=True):
        try:
            yield record, list(spells if desk.since is None else _from(spells, desk.since))
        except Exception as error:
            # Among thousands, whoever looks into it must know where.
            error.add_note(f"while replaying the account {record.account.id!r}")
            raise


def _from(spells: Iterable[Spell], since: datetime) -> Iterator[Spell]:
    """What was decided from an instant on."""
    for spell in spells:
        if spell.at >= since:
            yield spell
        elif spell.until >= since:
            before = min((since - spell.at).days + 1, spell.days - 1)
            yield replace(spell, at=spell.at + timedelta(before), days=spell.days - before)


def _calibrations(file: Path) -> tuple[Calibrations, ...]:
    """What pass 1 learned, read once a process."""
    known = _desks[0].learned
    if file not in known:
        known[file] = pickle.loads(file.read_bytes())  # noqa: S301  (written by our own parent)
    return known[file]


def _bare(foreseen: Foreseen) -> Foreseen:
    """Only the looks at which there was a forecast."""
    there = np.isfinite(foreseen.raw)
    if there.all():
        return foreseen
    return Foreseen(
        meter=foreseen.meter,
        at=foreseen.at[there],
        raw=foreseen.raw[there],
        resolved=foreseen.resolved[there],
        crossed=foreseen.crossed[there],
    )
