"""What a fault is: where it happens, and how it is made to happen."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from tests.faults.scene import Scene

Strike: TypeAlias = Callable[[Scene], AbstractContextManager[object]]


class Unable(Exception):
    """This machine does not allow it; says what would be needed."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong, in a file of its own in `kinds/`, named in `kinds/__init__.py`.

    `scene`: the database and the nodes, ready to take usage; it may raise Unable. `strike`: on
    entering the fault begins, on leaving it ends as far as the world around is concerned (space on
    the disk, a server that is back); the product is left to recover by itself.
    `says`: what /readyz must say meanwhile. `kills`: how many processes of the product end by it.
    `short`: cheap enough for `make test`.
    """

    name: str
    scene: Callable[[], AbstractContextManager[Scene]]
    strike: Strike
    says: str
    lasts: float = 0.0
    kills: int = 0
    short: bool = False
