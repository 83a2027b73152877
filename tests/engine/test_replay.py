"""A replay decides on every day as the live engine would have, and knows nothing of later days."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decision import Decision
from engine.policy import PRESETS, Policy, Preset, StagePolicy
from engine.record import Spell, Track
from engine.replay import replay, replay_all
from engine.snapshot import Calibration
from tests.engine.oracle import decisions
from tests.engine.recorded import END, START, record_of

CAREFUL = settings(max_examples=8, deadline=None)
LEARNED = Calibration(version="1", raw=(0.0, 0.5, 1.0), happened=(0.0, 0.4, 0.9))
SEEDS = st.integers(0, 100_000)


def plainly(decision: Decision) -> tuple[Any, ...]:
    shown = decision.chosen or next(iter(decision.notices), None)
    return (
        decision.outcome,
        decision.stage.stage,
        tuple(reason.code for reason in decision.reasons),
        shown.key.meter if shown else None,
        shown.moment if shown else None,
        tuple(str(notice.key) for notice in decision.notices),
    )


def told(spell: Spell) -> tuple[Any, ...]:
    notices = (r.candidate.key for r in spell.raised if r.alert_class == "notice")
    return (
        spell.outcome,
        spell.stage,
        spell.reasons,
        spell.meter,
        spell.moment,
        tuple(str(key) for key in notices),
    )


@CAREFUL
@given(SEEDS, st.sampled_from(list(Preset)), st.sampled_from([None, LEARNED]))
def test_every_day_is_decided_as_live(
    seed: int, preset: Preset, learned: Calibration | None
) -> None:
    record = record_of(seed)
    policy = Policy(stage=StagePolicy(**PRESETS[preset].get("stage", {})))
    zone = ZoneInfo(record.account.time_zone)
    left = deque(decisions(record, policy, END, lambda _: learned))
    for spell in replay(record, policy, END, lambda _: learned):
        days = 0
        while left and left[0].at <= spell.until:
            decision = left.popleft()
            assert spell.at <= decision.at
            assert plainly(decision) == told(spell), f"{decision.at}: {told(spell)}"
            shown = decision.chosen or next(iter(decision.notices), None)
            if spell.at == spell.until:
                assert spell.p == (shown.p if shown else None)
            days += decision.at.astimezone(zone).hour == 9
        assert days >= spell.days  # An event may fall into the hour of the look.
    assert not left


@CAREFUL
@given(st.lists(SEEDS, min_size=2, max_size=5))
def test_accounts_are_replayed_together_as_they_are_alone(seeds: list[int]) -> None:
    records = [record_of(seed) for seed in seeds]
    together = [list(spells) for spells in replay_all(records, Policy(), END)]
    assert together == [list(replay(record, Policy(), END)) for record in records]


@CAREFUL
@given(SEEDS, st.integers(10, 170))
def test_what_comes_later_changes_nothing_before(seed: int, days: int) -> None:
    record, cut = record_of(seed), START + timedelta(days=days, hours=7)
    early = replace(
        record,
        tracks=tuple(_until(track, cut) for track in record.tracks),
        frictions=tuple(friction for friction in record.frictions if friction.at <= cut),
        given=tuple(given for given in record.given if given.at <= cut),
    )
    whole = [raised for spell in replay(record, Policy(), END) for raised in spell.raised]
    part = [raised for spell in replay(early, Policy(), cut) for raised in spell.raised]
    assert part == [raised for raised in whole if raised.at <= cut]


def _until(track: Track, cut: datetime) -> Track:
    known = track.at <= cut.timestamp()
    return replace(track, at=track.at[known], amount=track.amount[known], owner=track.owner[known])


def test_a_record_without_use_says_nothing() -> None:
    record = record_of(1)
    unused = replace(record, tracks=tuple(_until(t, START - timedelta(1)) for t in record.tracks))
    assert list(replay(unused, Policy(), END)) == []
