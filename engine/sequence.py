"""The arithmetic of looking often: intervals that hold at every look, and what a look can see.

Asymptotic confidence sequences by Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv
2103.06476). Valid for any number of looks once each arm has some tens of accounts.
"""

import math
from statistics import NormalDist


def half_width(n: int, variance: float, *, planned: int, alpha: float) -> float:
    """Half the always-valid two-sided interval (arXiv 2103.06476, eq. 9; its tuning, eq. 161).

    Args:
        n: accounts in both arms.
        variance: variance of the estimate, not of one account.
        planned: accounts at which the interval is tightest, chosen beforehand.
        alpha: how often it may ever miss.
    """
    if not n or math.isinf(variance):
        return math.inf
    mixed = n * _rho(planned, alpha) ** 2
    return math.sqrt(variance * 2 * (mixed + 1) * math.log(math.sqrt(mixed + 1) / alpha) / mixed)


def one_sided(n: int, variance: float, *, planned: int, alpha: float) -> float:
    """How far below the estimate the always-valid lower bound lies (the same paper, eq. 134)."""
    if not n or math.isinf(variance):
        return math.inf
    mixed = n * _rho(planned, 2 * alpha) ** 2
    inside = math.log1p(math.sqrt(mixed + 1) / (2 * alpha))
    return math.sqrt(variance * 2 * (mixed + 1) * inside / mixed)


def detectable(treated: float, holdout: float, base: float, *, alpha: float, power: float) -> float:
    """The effect that a single look would find with `power`: the textbook's, an optimist's figure.

    `(z(1 - alpha/2) + z(power)) * sqrt(p_t q_t / n_t + p_c q_c / n_c)` with p_t = p_c + effect,
    iterated. May exceed 1 - base: then nothing can be seen.
    """
    if treated <= 0 or holdout <= 0:
        return math.inf
    z = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)
    effect = 0.0
    for _ in range(100):
        before, p = effect, min(base + effect, 1.0)
        effect = z * math.sqrt(p * (1 - p) / treated + base * (1 - base) / holdout)
        if abs(effect - before) < 1e-7:
            break
    return effect


def unevenness(held: int, expected: float, variance: float) -> float:
    """P of arms at least this uneven if chance alone filled them (chi-square, 1 degree)."""
    if variance <= 0:
        return 1.0
    return math.erfc(math.sqrt((held - expected) ** 2 / variance / 2))


def _rho(planned: int, alpha: float) -> float:
    nats = -2 * math.log(alpha)
    return math.sqrt((nats + math.log(nats + 1)) / planned)
