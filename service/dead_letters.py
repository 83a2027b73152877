"""Usage that was acknowledged and could not be counted: shown, sent round again, or dropped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import Invalid, NotFound
from service.context import Context
from service.parcel import unpack
from service.usage import Rules
from store.jetstream import Dead, JetStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A parcel put aside: why, how many events it holds, and of which accounts and meters.

    `events` None: it can't be read.
    """

    number: int
    reason: str
    size: int
    events: int | None
    accounts: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()


def listed(context: Context, servers: JetStream, *, limit: int) -> tuple[int, Sequence[Letter]]:
    """How many there are, and the oldest of them.

    Raises:
        Unavailable: the servers don't answer.
    """
    numbers = servers.run(servers.dead())
    return len(numbers), [_letter(context, dead) for dead in _opened(servers, numbers[:limit])]


def one(context: Context, servers: JetStream, number: int) -> Letter:
    """A parcel put aside.

    Raises:
        NotFound: there is none of this number.
    """
    return _letter(context, _found(servers, number))


def replay(servers: JetStream, numbers: Sequence[int] | None) -> int:
    """Have parcels (None: all) counted again; those that still can't be come back here.

    Raises:
        NotFound: there is none of one of these numbers; nothing was done with any.
    """
    given = servers.run(servers.dead()) if numbers is None else numbers
    letters = [_found(servers, number) for number in given]
    for dead in letters:
        # Only once the servers hold it again is it forgotten here; counted twice it is not.
        servers.run(servers.publish(dead.slot, dead.body, again=dead.number))
        servers.run(servers.forget(dead.number))
    return len(letters)


def drop(servers: JetStream, number: int) -> None:
    """Forget a parcel for good.

    Raises:
        NotFound: there is none of this number.
    """
    servers.run(servers.forget(_found(servers, number).number))


def _opened(servers: JetStream, numbers: Sequence[int]) -> Iterator[Dead]:
    for number in numbers:
        if (dead := servers.run(servers.buried(number))) is not None:
            yield dead


def _found(servers: JetStream, number: int) -> Dead:
    dead = servers.run(servers.buried(number))
    if dead is None:
        raise NotFound(f"nothing of number {number} was put aside: see `segue dead-letters`")
    return dead


def _letter(context: Context, dead: Dead) -> Letter:
    rules = Rules(catalogue=context.policy().catalogue, now=context.clock.now())
    try:
        load = unpack(dead.body, rules)
    except Invalid:
        return Letter(number=dead.number, reason=dead.reason, size=len(dead.body), events=None)
    return Letter(
        number=dead.number,
        reason=dead.reason,
        size=len(dead.body),
        events=len(load) + len(load.rejections),
        accounts=tuple(dict.fromkeys(row[3] for row in load.rows)),
        meters=tuple(dict.fromkeys(row[4].key for row in load.rows)),
    )
