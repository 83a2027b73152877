"""What an admin should know about this deployment: what is wrong, and what is held back."""

from dataclasses import dataclass
from datetime import date

from engine import holdout
from service import pause
from service.context import Context
from service.ready import problems
from store import arms, buried, jetstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`problems` stand in the way of serving; `paused` says why no ask goes out.

    `held` of the `drawn` accounts that could have been asked are held out, the last `until` a day.
    """

    problems: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    held: int = 0
    drawn: int = 0
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """On how many servers usage is kept until it is counted, and how many parcels wait there.

    `dead` of them could not be counted.
    """

    copies: int
    waiting: int
    dead: int


def examine(context: Context) -> Health:
    """How it stands now."""
    wrong = problems(context)
    if wrong:
        return Health(problems=tuple(wrong))
    found, now = pause.in_force(context), context.clock.now()
    with context.database.read() as session:
        draws = arms.held_out(session, now - holdout.TERM)
    return Health(
        paused=pause.told(context, found) if found else (),
        held=draws.held,
        drawn=draws.drawn,
        until=(draws.last + holdout.TERM).date() if draws.last else None,
    )


def front(url: str) -> Front:
    """How it stands with the usage that waits in front of the database.

    Raises:
        Unavailable: the servers don't answer.
    """
    broker = jetstream.opened(url)
    try:
        return Front(
            copies=broker.run(jetstream.copies(broker)),
            waiting=sum(broker.run(jetstream.waiting(broker)).values()),
            dead=broker.run(buried.count(broker)),
        )
    finally:
        broker.close()
