"""Those who wait together go through together; one that fails spoils nobody else's work."""

import threading
from collections.abc import Sequence

import pytest

from service.turns import Turns


def test_who_waits_meanwhile_goes_together() -> None:
    calls: list[list[int]] = []
    entered, go = threading.Event(), threading.Event()

    def work(given: Sequence[int]) -> list[int]:
        calls.append(list(given))
        entered.set()
        assert go.wait(10)
        return [n * 10 for n in given]

    turns = Turns(work, most=3, alike=lambda a, b: (a < 100) == (b < 100))
    results: dict[int, int] = {}

    def one(n: int) -> None:
        results[n] = turns.do(n, 1)

    threads = [threading.Thread(target=one, args=(n,)) for n in (1, 2, 3, 4, 5, 100)]
    threads[0].start()
    assert entered.wait(10)
    for n, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(turns) < n:
            threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join(10)
    assert calls == [[1], [2, 3, 4], [5], [100]]
    assert results == {n: n * 10 for n in (1, 2, 3, 4, 5, 100)}


def test_one_that_fails_fails_alone() -> None:
    entered, go = threading.Event(), threading.Event()

    def work(given: Sequence[int]) -> list[int]:
        entered.set()
        assert go.wait(10)
        if 0 in given:
            raise ZeroDivisionError
        return list(given)

    turns = Turns(work, most=10, alike=lambda a, b: True)
    results: dict[int, int | str] = {}

    def one(n: int) -> None:
        try:
            results[n] = turns.do(n, 1)
        except ZeroDivisionError:
            results[n] = "failed"

    threads = [threading.Thread(target=one, args=(n,)) for n in (9, 0, 1, 2)]
    threads[0].start()
    assert entered.wait(10)
    for n, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(turns) < n:
            threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join(10)
    assert results == {9: 9, 0: "failed", 1: 1, 2: 2}


def test_an_error_of_one_alone_is_its_own() -> None:
    def work(given: Sequence[int]) -> list[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Turns(work, most=1, alike=lambda a, b: True).do(1, 1)
