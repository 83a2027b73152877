"""What is done for many at once is done for all of them but those it can't be done for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from service.apart import apart


@given(st.lists(st.booleans(), max_size=40))
def test_only_who_is_in_the_way_is_left_out(well: list[bool]) -> None:
    calls, told = list[int](), list[int]()

    def act(some: Sequence[int]) -> list[str]:
        calls.append(len(some))
        if not all(well[n] for n in some):
            raise ValueError(some)
        return [f"done {n}" for n in some]

    done = apart(range(len(well)), act, told.append)
    assert done == [f"done {n}" for n, good in enumerate(well) if good]
    assert told == [n for n, good in enumerate(well) if not good]
    assert len(calls) == (len(well) > 0) if all(well) else len(calls) < 2 * len(well)


def test_a_database_that_does_not_answer_is_nobodys_own_trouble() -> None:
    calls, told = list[int](), list[int]()

    def act(some: Sequence[int]) -> list[str]:
        calls.append(len(some))
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        apart(range(100), act, told.append)
    assert (calls, told) == ([100], [])
