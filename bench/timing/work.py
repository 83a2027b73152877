"""What each process does with a handful of accounts: foresee, replay, and the baselines."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bench.timing import shared
from bench.timing.dataset import DataSet
from engine.alert import AlertClass, Moment, ReasonCode
from engine.hindsight import foresee_records
from engine.lay import looked_again, recording
from engine.policy import Policy
from engine.reading import foreseen_from
from engine.record import Calibrations, Foreseen, Record, Spell
from engine.replay import replay
from engine.stage import COMMITTED, STAGES, Standings
from engine.zones import looks

Asked: TypeAlias = tuple[str, float]
"""An account and the epoch second at which it is alerted: what the scorer takes."""

_COMMITTED = min(STAGES.index(stage) for stage in COMMITTED)
_NIGHT = 15 * 3600 - 0.001
"""From the look at nine to the end of its day (UTC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An account asked at an epoch second, and about what."""

    account: str
    at: float
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One account's replay: its asks, and each set of reasons that held something back."""

    account: str
    asks: tuple[Ask, ...] = ()
    held: frozenset[frozenset[ReasonCode]] = frozenset()


@dataclass(kw_only=True)
class _Desk:
    """What a process keeps between its tasks."""

    data: DataSet
    benchmark: shared.Benchmark
    learned: dict[Path, Calibrations] = field(default_factory=dict)


_desks: list[_Desk] = []


def prepare(data: DataSet, folder: Path) -> None:
    """Take in the data set; once a process."""
    _desks[:] = [_Desk(data=data, benchmark=shared.opened(folder))]


def foresee(policy: Policy, accounts: Sequence[str]) -> list[Foreseen]:
    """The raw forecasts of these accounts, with what came of them."""
    data = _desks[0].data
    records = [data.record(account) for account in accounts]
    found = foresee_records(records, policy, data.end)
    return [one for of_record in found for one in of_record]


def replayed(policy: Policy, learned: Path, accounts: Sequence[str]) -> list[Told]:
    """These accounts replayed, with the calibrations in that file."""
    return [_replayed(name, policy, _calibrations(learned)) for name in accounts]


def baselines(accounts: Sequence[str]) -> dict[str, list[Asked]]:
    """What each of the benchmark's baselines says to these accounts."""
    data, policies = _desks[0].data, _desks[0].benchmark.baselines.POLICIES
    end = data.end.timestamp()
    return {
        name: [
            (account, float(at))
            for account in accounts
            for at in policy(*data.accounts[account], data.limits[account], end)
        ]
        for name, policy in policies.items()
    }


def _replayed(account: str, policy: Policy, calibrations: Calibrations) -> Told:
    data = _desks[0].data
    record, end = data.record(account), data.ending(account)
    if not _askable(record, policy):
        return Told(account=account)
    spells = list(replay(record, policy, end, calibrations))
    return Told(
        account=account,
        asks=tuple(
            Ask(account=account, at=raised.at.timestamp(), moment=raised.moment)
            for spell in spells
            for raised in spell.raised
            if raised.alert_class is AlertClass.ASK
        ),
        held=frozenset(reasons for spell in spells for reasons in _held(spell)),
    )


def _askable(record: Record, policy: Policy) -> bool:
    """Whether enough of the limit is used on any day on which the account is committed.

    Read at the end of each day, which knows at least as much as any look at it. Nobody else can
    be asked, and most accounts never come so far.
    """
    data = _desks[0].data
    laid = recording(record, data.end)
    assert laid is not None
    calendar = laid.calendar
    nights = looks(calendar.zone, calendar.first, calendar.first + calendar.size - 1) + _NIGHT
    laid = looked_again(laid, nights)
    (track,) = laid.tracks
    bar = foreseen_from(policy) * float(track.track.limit or 0)
    committed = Standings((laid.timeline,), policy.stage).stages(0) >= _COMMITTED
    return bool(((track.used >= bar) & committed).any())


def _held(spell: Spell) -> list[frozenset[ReasonCode]]:
    if spell.decision is None:
        return []
    proposed = (c for c in spell.decision.candidates if c.alert_class is not AlertClass.NOTICE)
    return [frozenset(reason.code for reason in c.reasons) for c in proposed if c.reasons]


def _calibrations(file: Path) -> Calibrations:
    """What pass 1 learned, read once a process."""
    known = _desks[0].learned
    if file not in known:
        known.clear()
        known[file] = pickle.loads(file.read_bytes())  # Written by our own parent.
    return known[file]
