"""The arm is chosen at random, once, by account and key."""

import pytest

from engine.holdout import arm
from engine.snapshot import Arm

ACCOUNTS = [f"account-{i}" for i in range(4000)]


def held(share: float, key: bytes = b"2026") -> set[str]:
    return {a for a in ACCOUNTS if arm(key, a, share) is Arm.HOLDOUT}


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_about_the_share_is_held_out(share: float) -> None:
    assert len(held(share)) / len(ACCOUNTS) == pytest.approx(share, abs=0.03)


def test_it_is_sticky_and_a_larger_share_only_adds() -> None:
    assert held(0.2) == held(0.2)
    assert held(0.2) < held(0.5)


def test_every_term_draws_anew() -> None:
    again = {a for a in ACCOUNTS if arm(b"2026", a, 0.5, term=1) is Arm.HOLDOUT}
    assert len(held(0.5) & again) / len(ACCOUNTS) == pytest.approx(0.25, abs=0.03)


def test_another_key_chooses_anew() -> None:
    both = held(0.5) & held(0.5, b"2027")
    assert len(both) / len(ACCOUNTS) == pytest.approx(0.25, abs=0.03)
