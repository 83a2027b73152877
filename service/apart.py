"""Does many things at once and, where one of them is in the way, finds which one."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from engine.errors import Fenced, Unavailable

T = TypeVar("T")
R = TypeVar("R")


def apart(
    items: Sequence[T], act: Callable[[Sequence[T]], Iterable[R]], trouble: Callable[[T], object]
) -> list[R]:
    """What `act` makes of all items; those it can't do even alone are left out, and told.

    `act` does all or nothing. A database that is locked, full or gone, or another's by now, is
    nobody's own trouble: it is raised, for halves would fare no better.
    """
    if not items:
        return []
    try:
        return list(act(items))
    except (OperationalError, Unavailable, Fenced):
        raise
    except Exception:
        # Whatever it was, it belongs to one of them: alone it is told of, and the others go on.
        if len(items) == 1:
            trouble(items[0])
            return []
    half = len(items) // 2
    return [*apart(items[:half], act, trouble), *apart(items[half:], act, trouble)]
