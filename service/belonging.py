"""Segment: to which account a user belongs, as `group`, `identify` and `alias` said it.

A user may move from one account to another. What was used before stays with the account of then,
so that a batch sent again counts where it counted first.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.context import Context
from store import identities
from store.identities import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """Two names of one user: what was known of `old` holds for `new`, too."""

    old: str
    new: str


class Belonging:
    """Where the users of one request belong, from the store and from the request itself."""

    def __init__(self, known: dict[str, list[Move]]) -> None:
        self._known = known
        self._new: dict[tuple[str, datetime], Move] = {}

    def say(self, said: Move | Same) -> None:
        """Take in what the request says."""
        if isinstance(said, Same):
            for move in tuple(self._known.get(said.old, ())):
                self._move(Move(user=said.new, at=move.at, account=move.account))
        else:
            self._move(said)

    def account(self, users: Sequence[str], at: datetime) -> str | None:
        """Where the first known of these names of one user belonged then.

        What came before the first word of it belongs there, too.
        """
        for user in users:
            moves = self._known.get(user)
            if moves:
                return moves[max(_place(moves, at) - 1, 0)].account
        return None

    @property
    def new(self) -> list[Move]:
        """What the store does not know yet."""
        return list(self._new.values())

    def _move(self, move: Move) -> None:
        moves = self._known.setdefault(move.user, [])
        place = _place(moves, move.at)
        if place and moves[place - 1].account == move.account:
            return
        if place and moves[place - 1].at == move.at:
            moves[place - 1] = move
        else:
            moves.insert(place, move)
        self._new[move.user, move.at] = move


def _place(moves: Sequence[Move], at: datetime) -> int:
    return bisect_right(moves, at, key=lambda move: move.at)


def told(context: Context, users: Iterable[str], said: Sequence[Move | Same]) -> Belonging:
    """Where users belong, once what a request says of it is kept."""
    with context.database.read() as session:
        found = Belonging(identities.moves(session, set(users)))
    for one in said:
        found.say(one)
    if found.new:
        with context.database.write() as session:
            identities.add(session, found.new)
    return found
