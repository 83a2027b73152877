"""Repeats the holdout over many possible draws of its arms, reading the lift report every week.

Exposures are the first asks of the world's accounts; which arm an account is in, and whether it
upgrades, is drawn anew in each run. With no effect a report that says "supported" in any of its
weeks is a false one; with an effect it is what one hopes for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.exposure import Arms, OutcomeKind, Rules, Sample, Tally
from engine.lift import Lift, LiftState, judge

_QUIET = {OutcomeKind.CHURN: 0.03, OutcomeKind.TICKET: 0.10, OutcomeKind.MUTE: 0.01}
_REFUSED = 0.30
_LONGEST = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """When accounts could first have been asked, in days, and how likely each upgrades unasked."""

    day: NDArray[np.float64]
    upgrades: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Of all runs, the share that said so in at least one week."""

    supported: float
    harm: float
    always_too_early: float


def simulate(
    rng: np.random.Generator, exposed: Exposed, *, share: float, effect: float, runs: int
) -> Verdicts:
    """Draw the arms `runs` times; the asked upgrade more often by `effect`."""
    rules = Rules(planned=max(len(exposed.day), 1))
    said = [_run(rng, exposed, share, effect, rules) for _ in range(runs)]
    return Verdicts(
        supported=sum(LiftState.SUPPORTED in states for states in said) / runs,
        harm=sum(LiftState.HARM in states for states in said) / runs,
        always_too_early=sum(states == {LiftState.TOO_EARLY} for states in said) / runs,
    )


def _run(
    rng: np.random.Generator, exposed: Exposed, share: float, effect: float, rules: Rules
) -> set[LiftState]:
    size = len(exposed.day)
    held = rng.random(size) < share
    chance = {kind: np.full(size, p) for kind, p in _QUIET.items()}
    chance[OutcomeKind.DISMISSAL] = np.where(held, 0.0, _REFUSED)
    chance[OutcomeKind.UPGRADE] = np.minimum(exposed.upgrades + np.where(held, 0.0, effect), 1.0)
    did = {kind: rng.random(size) < p for kind, p in chance.items()}
    last = float(exposed.day.max(initial=0.0)) + _LONGEST
    weeks = np.arange(7.0, last + 7, 7)
    return {_report(exposed.day, held, did, day, share, rules).state for day in weeks}


def _report(
    since: NDArray[np.float64],
    held: NDArray[np.bool_],
    did: dict[OutcomeKind, NDArray[np.bool_]],
    day: float,
    share: float,
    rules: Rules,
) -> Lift:
    def count(window: int, kind: OutcomeKind) -> Arms:
        over, hit = since + window <= day, did[kind]
        treated, holdout = over & ~held, over & held
        return Arms(
            treated=Sample(n=int(treated.sum()), hits=int((treated & hit).sum())),
            holdout=Sample(n=int(holdout.sum()), hits=int((holdout & hit).sum())),
        )

    seen = int((since <= day).sum())
    tally = Tally(
        exposed=count(0, OutcomeKind.UPGRADE),
        expected=share * seen,
        variance=share * (1 - share) * seen,
        upgrades=count(rules.window_days, OutcomeKind.UPGRADE),
        guards=tuple(count(guard.window_days, guard.kind) for guard in rules.guards),
    )
    return judge(tally, rules)
