"""What the vendor says about people and about wrong times to speak."""

from datetime import UTC

from engine.errors import Invalid, NotFound
from engine.snapshot import Blocker as StatedBlocker
from engine.snapshot import Person as StatedPerson
from service import blockers, routing
from service.accounts import known
from service.context import Context
from service.shapes import Blocker, Person, identifier
from store import accounts, audit, erase, roster
from store.past import EVERYONE


def put_person(context: Context, account: str, id: str, wanted: Person, by: str) -> Person:
    """State a person anew."""
    identifier("a person", id)
    now = context.clock.now()
    stated = StatedPerson(
        id=id,
        role=wanted.role,
        name=wanted.name,
        email=wanted.email,
        can_buy=wanted.can_buy,
        locale=wanted.locale,
        time_zone=wanted.time_zone,
        joined=wanted.joined,
        muted=wanted.muted,
    )
    with context.database.write() as session:
        accounts.hold(session, account)
        known(session, account)
        before = roster.person(session, account, id)
        roster.put_person(session, account, stated)
        routing.try_again(session, account, id)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="person.put",
            account=account,
            before=_audited(before) if before else None,
            after=_audited(stated),
        )
        audit.add(session, entry)
    context.signals.changed(account)
    return wanted


def person(context: Context, account: str, id: str) -> Person:
    """One person.

    Raises:
        NotFound: there is nobody of that id.
    """
    with context.database.read() as session:
        found = roster.person(session, account, id)
    if found is None:
        raise NotFound(f"there is no person {id!r} at {account!r}")
    return Person(
        role=found.role,
        email=found.email,
        name=found.name,
        can_buy=found.can_buy,
        locale=found.locale,
        time_zone=found.time_zone,
        joined=found.joined,
        muted=found.muted,
    )


def forget_person(context: Context, account: str, id: str, by: str) -> None:
    """Erase a person; the account's counts stay, no longer theirs."""
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        if roster.person(session, account, id) is None:
            raise NotFound(f"there is no person {id!r} at {account!r}")
        erase.person(session, account, id)
        audit.add(session, audit.Entry(at=now, actor=by, action="person.erase", account=account))
    context.signals.changed(account)


def put_blocker(context: Context, account: str, id: str, wanted: Blocker, by: str) -> Blocker:
    """State a blocker anew; for account "*" it holds for everyone."""
    identifier("a blocker", id)
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        if account != EVERYONE:
            known(session, account)
        before = roster.blocker(session, account, id)
        opened = wanted.opened or (before.opened if before else now)
        if wanted.closed is not None and wanted.closed < opened:
            raise Invalid("this is before the start", pointer="/until")
        stated = StatedBlocker(
            id=id,
            kind=wanted.kind,
            urgent=wanted.urgent,
            opened=opened.astimezone(UTC),
            closed=wanted.closed.astimezone(UTC) if wanted.closed else None,
        )
        blockers.keep(session, account, stated, before, now=now, by=by)
    context.signals.changed(None if account == EVERYONE else account)
    return _shape(stated)


def blocker(context: Context, account: str, id: str) -> Blocker:
    """One blocker.

    Raises:
        NotFound: there is none of that id.
    """
    with context.database.read() as session:
        found = roster.blocker(session, account, id)
    if found is None:
        raise NotFound(f"there is no blocker {id!r}")
    return _shape(found)


def remove_blocker(context: Context, account: str, id: str, by: str) -> None:
    """Forget a blocker that was never true; one that is over gets an `until` instead."""
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        before = roster.blocker(session, account, id)
        if before is None:
            raise NotFound(f"there is no blocker {id!r}")
        roster.remove_blocker(session, account, id)
        entry = audit.Entry(
            at=now, actor=by, action="blocker.remove", account=account, before=blockers.told(before)
        )
        audit.add(session, entry)
    context.signals.changed(None if account == EVERYONE else account)


def _shape(found: StatedBlocker) -> Blocker:
    return Blocker(kind=found.kind, urgent=found.urgent, opened=found.opened, closed=found.closed)


def _audited(person: StatedPerson) -> dict[str, object]:
    """What an audit entry keeps of a person: nothing that would have to be erased later."""
    return {"role": person.role, "can_buy": person.can_buy, "muted": person.muted}
