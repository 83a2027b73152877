"""The two generators by name, and the n-th account of either, the same for the same seed."""

from datetime import date

import numpy as np

from bench.world import bursty, smooth
from bench.world.account import Account

GENERATORS = {"smooth": smooth.account, "bursty": bursty.account}


def account(generator: str, seed: int, number: int, start: date, days: int) -> Account:
    """One account; each has its own stream of chance, so it never depends on the others."""
    stream = np.random.default_rng((seed, list(GENERATORS).index(generator), number))
    return GENERATORS[generator](stream, f"{generator}-{number:05d}", start, days)
