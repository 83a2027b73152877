"""An account's recorded history through the live engine, day after day.

Stages and forecasts of all days are read at once; the days on which nothing can be due are passed
over, and every other look is decided by the same `weigh` that runs live. Each look knows what had
come in by then and nothing else, so that what comes later changes nothing before.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from math import inf

import numpy as np

from engine.alert import FeedbackKind, Outcome, PastAlert, ReasonCode
from engine.decide import weigh
from engine.decision import Candidate, Decision, Forecast
from engine.guard import guards
from engine.lay import Recording, recording
from engine.layer import Layer, layers
from engine.ledger import Kept
from engine.policy import Mode, Policy
from engine.record import Calibrations, Raised, Record, Spell
from engine.snapshot import Answer, Arm, Blocker, Role, Snapshot
from engine.stage import STAGES
from engine.still import Still
from engine.turning import Turns, turns, watched_days
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
    return next(replay_all((record,), policy, end, calibrations))


def replay_all(
    records: Sequence[Record], policy: Policy, end: datetime, calibrations: Calibrations = never
) -> Iterator[Iterator[Spell]]:
    """Replay accounts whose days are read together: the same as one by one, and faster."""
    live = replace(policy, mode=Mode.LIVE)
    laid = [recording(record, end) for record in records]
    some = [one for one in laid if one is not None]
    turning = [turns(one, live) for one in some]
    daily = layers(some, live, calibrations)
    often = [[layer] for layer in _turned(some, turning, 0, live, calibrations, daily)]
    # Few accounts are looked at more than once between two daily looks, and hardly one more often.
    again = [n for n, of in enumerate(turning) if of.most > 1]
    second = [some[n] for n in again], [turning[n] for n in again]
    for n, layer in zip(again, _turned(*second, 1, live, calibrations), strict=True):
        often[n].append(layer)
    read = zip(daily, often, turning, strict=True)
    for one in laid:
        if one is None:
            yield iter(())
        else:
            yield _collapsed(_Replay(*next(read), live, calibrations).run())


def _turned(
    laid: Sequence[Recording],
    turning: Sequence[Turns],
    number: int,
    policy: Policy,
    calibrations: Calibrations,
    like: Sequence[Layer] = (),
) -> list[Layer]:
    """Looks at the turning point of that number on each day that has as many."""
    again = [of.looks(one, number) for of, one in zip(turning, laid, strict=True)]
    days = [on for _, on in again]
    return layers([one for one, _ in again], policy, calibrations, days, like)


class _Replay:
    """One account's replay: what was read of its days, and what has been said so far."""

    def __init__(
        self,
        daily: Layer,
        turned: list[Layer],
        turning: Turns,
        policy: Policy,
        calibrations: Calibrations,
    ) -> None:
        self.daily, self.policy, self.calibrations = daily, policy, calibrations
        self.turning, self.layers = turning, turned
        self.laid = laid = daily.laid
        self.record, self.calendar = laid.record, laid.calendar
        self.stages = daily.standings.stages(daily.place)
        self.instants = turning.instants()
        self.watched = watched_days(laid, self.instants)
        self.still = Still(daily, self.watched, policy)
        self.nobody = self._nobody()
        self.live_since = laid.live_since
        self.alerts: list[PastAlert] = []
        self.told: list[tuple[datetime, str]] = []
        self.kept = Kept()

    def run(self) -> Iterator[Spell]:
        """Every look, one spell each; days on which nothing can be due, or has changed, in one."""
        done = self.laid.begin
        yield from self._usage(self.laid.begin - 1, self._unused())
        for index in np.flatnonzero(self.daily.busy | self.watched).tolist():
            if not self.laid.begin <= index < self.laid.looked:
                continue
            if self.daily.busy[index] and index >= done:
                yield from self._quiet(done, index)
                spell, done = self._daily(index)
                yield spell
            if self.watched[index]:
                yield from self._quiet(done, index + 1)
                done = index + 1
                yield from self._usage(index, self.daily.guards(index, self.policy))
        yield from self._quiet(done, self.laid.looked)
        if self.laid.rest:
            first, last = (self.calendar.size - 1 + n for n in (1, self.laid.rest))
            yield self._silent(first, last, int(self.stages[-1]))

    def _daily(self, index: int) -> tuple[Spell, int]:
        """What is said on a day, and the first day on which something else may be said."""
        decision, raised = self._look(self.daily, index)
        end = index + 1 if raised else self.still.until(index, decision, self.kept)
        return self._spell(decision, raised, until=self._nine(end - 1), days=end - index), end

    def _quiet(self, low: int, high: int) -> Iterator[Spell]:
        """Days on which no moment could hold: only the stage may differ."""
        if low >= high:
            return
        stages = self.stages[low:high]
        edges = [0, *(np.flatnonzero(np.diff(stages)) + 1).tolist(), high - low]
        for first, last in pairwise(edges):
            yield self._silent(low + first, low + last - 1, int(stages[first]))

    def _silent(self, first: int, last: int, stage: int) -> Spell:
        return self._nothing(self._nine(first), self._nine(last), last - first + 1, stage)

    def _nothing(self, at: datetime, until: datetime, days: int, stage: int) -> Spell:
        return Spell(
            at=at,
            until=until,
            days=days,
            outcome=Outcome.SILENT,
            stage=STAGES[stage],
            reasons=self.nobody,
        )

    def _unused(self) -> dict[str, float]:
        """The guards before anything came in."""
        tracks = self.laid.tracks
        none = {t.track.key: Decimal(0) for t in tracks if t.track.meaningful and t.flow}
        return guards([t.unused() for t in tracks], none, {}, self.policy)

    def _usage(self, index: int, bars: dict[str, float]) -> Iterator[Spell]:
        """The looks at usage that passes a guard, up to the next day's look."""
        last = index + 1 >= self.calendar.size
        since, stop = -inf, inf if last else float(self.calendar.looks[index + 1])
        while True:
            hits = (t.passes(index, since, bars[t.track.key]) for t in self.laid.tracks)
            found = [hit for hit in hits if hit is not None]
            if not found:
                return
            # What comes in within the same instant is looked at once.
            since, day = min(found)
            layer = self._layer(self.turning.of_day[day].index(since))
            yield self._turn(layer, day)
            following = bisect_right(self.instants, since)
            if following == len(self.instants) or self.instants[following] >= stop:
                return
            bars = layer.guards(day, self.policy)

    def _turn(self, layer: Layer, day: int) -> Spell:
        """What is said at a turning point; decided only where a moment may hold."""
        if not layer.busy[day]:
            stage = layer.standings.stages(layer.place)[day]
            return self._nothing(layer.at(day), layer.at(day), 0, int(stage))
        decision, raised = self._look(layer, day)
        return self._spell(decision, raised, until=decision.at, days=0)

    def _layer(self, number: int) -> Layer:
        """Looks at the turning point of that number on each day that has as many."""
        while len(self.layers) <= number:
            of = (self.laid,), (self.turning,), len(self.layers)
            self.layers += _turned(*of, self.policy, self.calibrations)
        return self.layers[number]

    def _look(self, layer: Layer, index: int) -> tuple[Decision, list[Candidate]]:
        """Decide, and take what is said for delivered."""
        now = layer.at(index)
        facts = self._snapshot(layer, index, now)
        decision = weigh(facts, layer.read(index), self.policy, now, self.kept)
        raised = [*decision.notices]
        if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
            raised.append(decision.chosen)
            self.told.append((now, str(decision.chosen.key)))
        for one in raised:
            self.alerts.append(
                PastAlert(key=one.key, raised_at=now, charged_at=now, closed_at=None)
            )
            self.still.raised(now)
        return decision, raised

    def _snapshot(self, layer: Layer, index: int, now: datetime) -> Snapshot:
        """What was known at a look."""
        record = self.record
        return Snapshot(
            account=record.account,
            meters=layer.uses(index),
            people=record.people,
            user_days=layer.laid.user_days(index, now.timestamp()),
            frictions=tuple(f for f in record.frictions if f.at <= now),
            blockers=tuple(_as_known(b, now) for b in record.blockers if b.opened <= now),
            plan_changes=tuple(c for c in record.plan_changes if c.at <= now),
            alerts=tuple(self.alerts),
            answers=self._answers(now),
            arm=Arm.TREATED,
            rollout_open=True,
            widget_on=True,
            live_since=self.live_since,
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
                        whole_account=given.kind is FeedbackKind.MUTED,
                    )
                )
        return tuple(answers)

    def _spell(
        self, decision: Decision, raised: list[Candidate], *, until: datetime, days: int
    ) -> Spell:
        """A decision that holds until another daily look, both included."""
        shown = decision.chosen or next(iter(decision.notices), None)
        forecasts = {f.meter: f for f in decision.forecasts} if raised else {}
        return Spell(
            at=decision.at,
            until=until,
            days=days,
            outcome=decision.outcome,
            stage=decision.stage.stage,
            reasons=tuple(reason.code for reason in decision.reasons),
            meter=shown.key.meter if shown else None,
            moment=shown.moment if shown else None,
            p=shown.p if shown else None,
            raised=tuple(_raised(c, decision.at, forecasts) for c in raised),
            decision=decision if decision.candidates else None,
        )

    def _nine(self, index: int) -> datetime:
        """When a day is looked at, also one after the last that was laid out."""
        if index < self.calendar.size:
            return self.daily.at(index)
        day = self.calendar.first + index
        return datetime.fromtimestamp(float(looks(self.calendar.zone, day, day)[0]), UTC)

    def _nobody(self) -> tuple[ReasonCode, ...]:
        """Why nothing is said where nothing is due."""
        limits = [t.track.limit_known for t in self.laid.tracks if t.track.meaningful]
        if limits and not any(limits):
            return (ReasonCode.LIMIT_UNKNOWN, ReasonCode.NO_MOMENT)
        return (ReasonCode.NO_MOMENT,)


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
