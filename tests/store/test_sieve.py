"""The sieve never misses what it was given, and rarely suspects what it was not."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from store.fingerprint import WIDTH
from store.sieve import Sieve

NUMBERS = st.lists(st.integers(0, 10_000), max_size=40)


def keys(*numbers: int) -> bytes:
    """Keys as they would be, one for each number."""
    return b"".join(blake2b(str(n).encode(), digest_size=WIDTH).digest() for n in numbers)


@given(parts=st.dictionaries(st.integers(1, 30), NUMBERS, max_size=20), asked=NUMBERS)
def test_what_was_added_is_always_suspected_in_its_part(
    parts: dict[int, list[int]], asked: list[int]
) -> None:
    sieve = Sieve(1 << 11)
    for part, numbers in parts.items():
        sieve.add(part, keys(*numbers))
    suspects = sieve.suspects(keys(*asked))
    for part, numbers in parts.items():
        inside = {place for place, n in enumerate(asked) if n in numbers}
        assert inside <= set(suspects.get(part, ()))


def test_few_others_are_suspected() -> None:
    sieve = Sieve(1 << 17)
    for part in range(20):
        sieve.add(part, keys(*range(part * 4096, (part + 1) * 4096)))
    suspects = sieve.suspects(keys(*range(1_000_000, 1_010_000)))
    assert sum(len(places) for places in suspects.values()) < 100


def test_keys_of_one_id_in_many_accounts_are_told_apart() -> None:
    sieve = Sieve(1 << 15)
    same = b"0123456789"
    mine, others = b"accoun" + same, [b"%06d" % n + same for n in range(500)]
    sieve.add(1, mine)
    assert list(sieve.suspects(mine)[1]) == [0]
    assert len(sieve.suspects(b"".join(others)).get(1, ())) < 3


def test_a_part_forgotten_leaves_its_place_to_another() -> None:
    sieve = Sieve(1 << 11)
    for part in range(8):
        sieve.add(part, keys(part))
    sieve.forget(3)
    sieve.add(9, keys(99))
    assert sieve.suspects(keys(3)) == {}
    assert set(sieve.suspects(keys(99, 4))) == {9, 4}
