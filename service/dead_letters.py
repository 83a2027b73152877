"""Usage that was acknowledged and could not be counted: shown, sent round again, or dropped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from engine.errors import Invalid, NotFound
from service.context import Context
from service.parcel import unpack
from service.usage import Rules
from store import buried, jetstream
from store.broker import Broker
from store.buried import Dead


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


def listed(context: Context, broker: Broker, *, limit: int) -> tuple[int, Sequence[Letter]]:
    """How many there are, and the oldest of them.

    Raises:
        Unavailable: the servers don't answer.
    """
    found = islice(_all(broker), limit)
    return broker.run(buried.count(broker)), [_letter(context, dead) for dead in found]


def one(context: Context, broker: Broker, number: int) -> Letter:
    """A parcel put aside.

    Raises:
        NotFound: there is none of this number.
    """
    return _letter(context, _found(broker, number))


def replay(broker: Broker, number: int | None) -> int:
    """Have a parcel (None: all) counted again; one that still can't be comes back here.

    Raises:
        NotFound: there is none of this number.
    """
    # All of now: what comes back while they are sent is not sent once more.
    letters = list(_all(broker)) if number is None else [_found(broker, number)]
    for dead in letters:
        # Only once the servers hold it again is it forgotten here; counted twice it is not.
        broker.run(jetstream.publish(broker, dead.slot, dead.body, again=dead.number))
        broker.run(buried.forget(broker, dead.number))
    return len(letters)


def drop(broker: Broker, number: int) -> None:
    """Forget a parcel for good.

    Raises:
        NotFound: there is none of this number.
    """
    broker.run(buried.forget(broker, _found(broker, number).number))


def _all(broker: Broker) -> Iterator[Dead]:
    """Every parcel that is put aside, oldest first."""
    number = 1
    while (dead := broker.run(buried.following(broker, number))) is not None:
        yield dead
        number = dead.number + 1


def _found(broker: Broker, number: int) -> Dead:
    dead = broker.run(buried.following(broker, number))
    if dead is None or dead.number != number:
        raise NotFound(f"nothing of number {number} was put aside: see `segue dead-letters list`")
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
