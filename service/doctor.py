"""What an admin should know about this deployment: what is wrong, and what is held back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from engine import holdout
from engine.errors import NotFound
from engine.policy import Digest
from service import pause, routing
from service.context import Context
from service.ready import problems
from store import arms, buried, identities, jetstream, webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """An endpoint that takes nothing `since` then; `why`: it is gone or failing, and was disabled,
    or retrying."""

    endpoint: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`problems` stand in the way of serving; `paused` says why no ask goes out.

    `held` of the `drawn` accounts that could have been asked are held out, the last `until` a day.
    `hooks`: endpoints that take no events. `unmailed`: keys of the policy that have something
    mailed, where e-mail is not set up.
    """

    problems: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    held: int = 0
    drawn: int = 0
    until: date | None = None
    hooks: tuple[Hook, ...] = ()
    unmailed: tuple[str, ...] = ()


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
        hooks = tuple(_hooks(session))
    return Health(
        paused=pause.told(context, found) if found else (),
        held=draws.held,
        drawn=draws.drawn,
        until=(draws.last + holdout.TERM).date() if draws.last else None,
        hooks=hooks,
        unmailed=unmailed(context),
    )


def stripe_named(context: Context) -> bool:
    """Whether accounts say which of Stripe's customers they are: then its events are awaited."""
    with context.database.read() as session:
        return identities.any_of(session, "stripe")


def unmailed(context: Context) -> tuple[str, ...]:
    """What the policy has mailed, where nothing can be; none where there is no policy yet."""
    try:
        email = context.policy().policy.email
    except NotFound:
        return ()
    if routing.EMAIL in context.channels:
        return ()
    on = {"email.summaries": email.summaries, "email.digest": email.digest is not Digest.OFF}
    return tuple(key for key, wanted in on.items() if wanted)


def _hooks(session: Session) -> Iterator[Hook]:
    for one in webhooks.every(session):
        if one.disabled_at is not None:
            why = one.disabled_why or "failing"
            yield Hook(endpoint=one.id, why=why, since=one.disabled_at)
        elif one.enabled and one.failing_since is not None:
            yield Hook(endpoint=one.id, why="retrying", since=one.failing_since)


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
