"""An account's recorded history through the live engine, day after day.

Stages and forecasts of all days are read at once; the days on which nothing can be due are passed
over, and every other look is decided by the same `weigh` and `decide` that run live. Each look
knows what had come in by then and nothing else, so that what comes later changes nothing before.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from math import inf

import numpy as np

from engine.alert import Outcome, PastAlert, ReasonCode
from engine.busy import busy_days
from engine.decide import Read, foreseen_from, read, weigh
from engine.decision import Candidate, Decision, Forecast
from engine.forecast import foresee_all
from engine.guard import guard
from engine.hindsight import foresee_record as foresee_record
from engine.history import History
from engine.lay import Recording, pressing, recording
from engine.policy import Mode, Policy
from engine.record import Calibrations, Raised, Record, Spell
from engine.snapshot import Answer, Arm, Blocker, Role, Snapshot
from engine.stage import STAGES, Standings
from engine.zones import looks

_CHAMPION = "champion"


def never(_: datetime) -> None:
    """No calibration: raw probabilities are in force."""


def replay(
    record: Record, policy: Policy, end: datetime, calibrations: Calibrations = never
) -> Iterator[Spell]:
    """Decide over a recorded history up to `end`, in order of time.

    Every account is treated, at any hour, as if somebody could always be told. What is asked counts
    as delivered there and then, and as ignored a week later unless the record has an answer.
    """
    laid = recording(record, end)
    if laid is None:
        return
    yield from _collapsed(_Replay(laid, replace(policy, mode=Mode.LIVE), calibrations).run())


class _Replay:
    """One account's replay: what was read of its days, and what has been said so far."""

    def __init__(self, laid: Recording, policy: Policy, calibrations: Calibrations) -> None:
        self.laid, self.policy, self.calibrations = laid, policy, calibrations
        self.record, self.calendar = laid.record, laid.calendar
        self.standings = Standings(laid.timeline, policy.stage)
        self.nobody = self._nobody()
        self.alerts: list[PastAlert] = []
        self.told: list[tuple[datetime, str]] = []
        self.forecasts = self._foreseen()

    def run(self) -> Iterator[Spell]:
        """Every look, one spell each; days on which nothing can be due in one."""
        yield from self._usage(self.laid.begin - 1, self._unused())
        busy = busy_days(self.laid, self.policy)
        quiet_from = self.laid.begin
        for index in np.flatnonzero(busy).tolist():
            if index < self.laid.begin:
                continue
            yield from self._quiet(quiet_from, index)
            quiet_from = index + 1
            yield from self._day(index)
        yield from self._quiet(quiet_from, self.calendar.size)
        if self.laid.rest:
            first, last = (self.calendar.size - 1 + n for n in (1, self.laid.rest))
            yield self._silent(first, last, int(self.standings.stages[-1]))

    def _quiet(self, low: int, high: int) -> Iterator[Spell]:
        """Days on which no moment could hold: only the stage may differ."""
        if low >= high:
            return
        stages = self.standings.stages[low:high]
        edges = [0, *(np.flatnonzero(np.diff(stages)) + 1).tolist(), high - low]
        for first, last in pairwise(edges):
            yield self._silent(low + first, low + last - 1, int(stages[first]))

    def _silent(self, first: int, last: int, stage: int) -> Spell:
        return Spell(
            at=self._at(first),
            until=self._at(last),
            days=last - first + 1,
            outcome=Outcome.SILENT,
            stage=STAGES[stage],
            reasons=self.nobody,
        )

    def _day(self, index: int) -> Iterator[Spell]:
        """The look of a day, and those at usage before the next."""
        now = self._at(index)
        decision = self._look(index, now)
        yield self._said(decision, now, days=1)
        yield from self._usage(index, dict(decision.guard))

    def _unused(self) -> dict[str, float]:
        """The guards before anything came in."""
        day = self.calendar.date(0)
        return {t.track.key: guard(t.use(0, -1), self.policy, day) for t in self.laid.tracks}

    def _usage(self, index: int, bars: dict[str, float]) -> Iterator[Spell]:
        """The looks at usage that passes a guard, up to the next day's look."""
        for at, day in self._events(index, bars):
            facts = self._snapshot(day, at, after=True)
            decision = weigh(facts, read(facts, self.policy, at), self.policy, at)
            bars.update(decision.guard)
            yield self._said(decision, at, days=0)

    def _look(self, index: int, now: datetime) -> Decision:
        facts = self._snapshot(index, now)
        known = Read(
            today=self.calendar.date(index),
            history=self._history(index),
            standing=self.standings.at(index),
            forecasts={
                key: found for key, of in self.forecasts.items() if (found := of.get(index))
            },
        )
        return weigh(facts, known, self.policy, now)

    def _events(self, index: int, bars: dict[str, float]) -> Iterator[tuple[datetime, int]]:
        """Usage that passes the guard between one day's look and the next, as it comes."""
        start = float(self.calendar.looks[index]) if index >= self.laid.begin else -inf
        last = index + 1 >= self.calendar.size
        stop = self.laid.end + 1 if last else float(self.calendar.looks[index + 1])
        while True:
            found = [
                hit
                for track in self.laid.tracks
                if (hit := track.passes(start, stop, bars[track.track.key])) is not None
            ]
            if not found:
                return
            start, day = min(found)
            # What comes in within the same instant is looked at once.
            yield datetime.fromtimestamp(start, UTC), min(day, self.calendar.size - 1)

    def _history(self, index: int) -> History:
        value = self.laid.timeline.whole.value[: index + 1].copy()
        value[-1] = self.laid.timeline.looked.value[index]
        return History(
            today=self.calendar.date(index),
            first=self.calendar.first,
            value=value,
            by_meter=(),
            flows=(),
        )

    def _snapshot(self, index: int, now: datetime, *, after: bool = False) -> Snapshot:
        """What was known at a day's look; `after`: at usage that came in later that day."""
        at = now.timestamp()
        return Snapshot(
            account=self.record.account,
            meters=tuple(
                track.use(index, track.last_event(at) if after else None)
                for track in self.laid.tracks
            ),
            people=self.record.people,
            user_days=self.laid.user_days(index, at),
            frictions=tuple(f for f in self.record.frictions if f.at <= now),
            blockers=tuple(_as_known(b, now) for b in self.record.blockers if b.opened <= now),
            plan_changes=tuple(c for c in self.record.plan_changes if c.at <= now),
            alerts=tuple(self.alerts),
            answers=self._answers(now),
            arm=Arm.TREATED,
            rollout_open=True,
            widget_on=True,
            live_since=self.laid.live_since,
            calibration=self.calibrations(now),
        )

    def _answers(self, now: datetime) -> tuple[Answer, ...]:
        """What was given so far, each to the newest ask or reflection before it."""
        answers = []
        for given in self.record.given:
            before = [key for at, key in self.told if at <= given.at]
            if given.at <= now and before:
                answers.append(
                    Answer(
                        alert=before[-1],
                        kind=given.kind,
                        at=given.at,
                        person=_CHAMPION,
                        role=Role.CHAMPION,
                        until=given.until,
                    )
                )
        return tuple(answers)

    def _said(self, decision: Decision, now: datetime, *, days: int) -> Spell:
        raised = [*decision.notices]
        if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
            raised.append(decision.chosen)
            self.told.append((now, str(decision.chosen.key)))
        self.alerts += (
            PastAlert(key=c.key, raised_at=now, charged_at=now, closed_at=None) for c in raised
        )
        shown = decision.chosen or next(iter(decision.notices), None)
        forecasts = {f.meter: f for f in decision.forecasts}
        return Spell(
            at=now,
            until=now,
            days=days,
            outcome=decision.outcome,
            stage=decision.stage.stage,
            reasons=tuple(reason.code for reason in decision.reasons),
            meter=shown.key.meter if shown else None,
            moment=shown.moment if shown else None,
            p=shown.p if shown else None,
            raised=tuple(_raised(c, now, forecasts) for c in raised),
            decision=decision if decision.candidates else None,
        )

    def _at(self, index: int) -> datetime:
        if index < self.calendar.size:
            return datetime.fromtimestamp(float(self.calendar.looks[index]), UTC)
        day = self.calendar.first + index
        return datetime.fromtimestamp(float(looks(self.calendar.zone, day, day)[0]), UTC)

    def _nobody(self) -> tuple[ReasonCode, ...]:
        """Why nothing is said where nothing is due."""
        limits = [t.track.limit_known for t in self.laid.tracks if t.track.meaningful]
        if limits and not any(limits):
            return (ReasonCode.LIMIT_UNKNOWN, ReasonCode.NO_MOMENT)
        return (ReasonCode.NO_MOMENT,)

    def _foreseen(self) -> dict[str, dict[int, Forecast]]:
        """The forecast of each meter on each day on which one could matter, by day."""
        found = {}
        for track in self.laid.tracks:
            pressed = pressing(track, self.policy, foreseen_from(self.policy))
            if pressed is None:
                continue
            series, days = pressed
            when = [self.calibrations(self._at(i)) for i in days.index.tolist()]
            forecasts = foresee_all(series, days, self.policy, when)
            found[track.track.key] = dict(zip(days.index.tolist(), forecasts, strict=True))
        return found


def _as_known(blocker: Blocker, now: datetime) -> Blocker:
    """A blocker before its end was known."""
    later = blocker.closed is not None and blocker.closed > now
    return replace(blocker, closed=None) if later else blocker


def _raised(candidate: Candidate, now: datetime, forecasts: dict[str, Forecast]) -> Raised:
    return Raised(at=now, candidate=candidate, forecast=forecasts.get(candidate.key.meter))


def _collapsed(spells: Iterator[Spell]) -> Iterator[Spell]:
    """Silent days in a row that say the same, as one."""
    held: Spell | None = None
    for spell in spells:
        if held is not None and _alike(held, spell):
            held = replace(held, until=spell.until, days=held.days + spell.days)
            continue
        if held is not None:
            yield held
        held = spell
    if held is not None:
        yield held


def _alike(one: Spell, other: Spell) -> bool:
    return not (one.raised or other.raised) and (
        (one.outcome, one.stage, one.reasons, one.meter, one.moment)
        == (other.outcome, other.stage, other.reasons, other.meter, other.moment)
    )
