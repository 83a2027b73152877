"""Who writes next where several wait."""

import threading
import time

from store.turn import Turn


def test_it_is_handed_on_in_order_and_first_to_the_urgent() -> None:
    turn, done = Turn(), list[str]()

    def work(name: str, urgent: bool) -> None:
        with turn.taken(urgent=urgent):
            done.append(name)

    threads = []
    with turn.taken():
        for name, urgent in (("a", False), ("b", False), ("now", True), ("c", False)):
            thread = threading.Thread(target=work, args=(name, urgent))
            thread.start()
            threads.append(thread)
            time.sleep(0.05)  # Until it waits: nothing tells, and it need not be exact.
        assert done == []
    for thread in threads:
        thread.join(10)
    assert done == ["now", "a", "b", "c"]


def test_one_that_fails_hands_it_on() -> None:
    turn, done = Turn(), list[str]()
    for name in ("fails", "works"):
        try:
            with turn.taken():
                done.append(name)
                if name == "fails":
                    raise ValueError
        except ValueError:
            pass
    assert done == ["fails", "works"]
