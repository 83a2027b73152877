"""Parcels of usage that could not be counted: put aside for a month, so that those behind go on."""

from dataclasses import dataclass

from store.broker import Broker, answered, one_line
from store.jetstream import DEAD, Delivered, done, published

_ALL = "segue.dead.*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A parcel that could not be counted, with the reason."""

    number: int
    body: bytes
    reason: str
    slot: int


async def bury(broker: Broker, parcel: Delivered, reason: str) -> None:
    """Put a parcel aside, and take it out of the others' way."""
    slot = parcel.message.subject.rpartition(".")[2]
    marks = {"Nats-Msg-Id": f"dead-{parcel.number}", "Segue-Reason": one_line(reason)}
    await published(broker, f"segue.dead.{slot}", parcel.body, marks)
    await done(parcel)


async def count(broker: Broker) -> int:
    """How many were put aside."""
    return int((await answered(broker.streams.stream_info(DEAD))).state.messages)


async def following(broker: Broker, number: int) -> Dead | None:
    """The parcel of this number, or the next one behind it."""
    from nats.js.errors import NotFoundError

    try:
        found = await answered(broker.streams.get_msg(DEAD, number, _ALL, next=True))
    except NotFoundError:
        return None
    assert found.subject is not None
    assert found.seq is not None
    return Dead(
        number=found.seq,
        body=found.data or b"",
        reason=(found.headers or {}).get("Segue-Reason", ""),
        slot=int(found.subject.rpartition(".")[2]),
    )


async def forget(broker: Broker, number: int) -> None:
    """Remove a parcel put aside."""
    await answered(broker.streams.delete_msg(DEAD, number))
