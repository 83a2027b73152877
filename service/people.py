"""Who is who: people behind tokens and chat users, and how each can be reached."""

from engine.snapshot import Person, Role
from service.context import Context
from store import accounts
from store import people as stored

APPROVERS = (Role.MANAGER, Role.FINANCE)
CHAMPION_LIKE = (Role.CHAMPION, Role.MANAGER, Role.FINANCE, Role.ADMIN)


def of_token(context: Context, account: str, sub: str) -> Person:
    """The stored person with this id; an unknown one is a user."""
    with context.database.read() as session:
        everybody = stored.everybody(session, {account: {}}, channels=context.channels)
    return named(everybody.get(account, ()), sub) or Person(id=sub, role=Role.USER)


def everybody(context: Context, account: str) -> tuple[Person, ...]:
    """Everybody stored at an account."""
    with context.database.read() as session:
        found = stored.everybody(session, {account: {}}, channels=context.channels)
    return found.get(account, ())


def account_name(context: Context, account: str) -> str:
    """What to call an account in a text."""
    with context.database.read() as session:
        found = accounts.get(session, account)
    return (found.name if found else None) or account


def by_address(
    context: Context, *, channel: str, team: str, user: str, email: str | None = None
) -> tuple[str, str] | None:
    """(account, person id) behind a chat user of a linked workspace.

    A verified e-mail that matches a stored person is remembered as their address.
    """
    with context.database.write() as session:
        account = stored.account_of_team(session, channel, team)
        if account is None:
            return None
        address = f"{team}/{user}"
        person = stored.by_address(session, account, channel, address)
        if person is None and email:
            person = stored.by_email(session, account, email)
            if person is not None:
                stored.set_address(session, account, person, channel, address)
        return (account, person) if person is not None else None


def named(people: tuple[Person, ...], id: str) -> Person | None:
    """The person with this id."""
    return next((p for p in people if p.id == id), None)


def display(person: Person) -> str:
    """What to call somebody in a text."""
    return person.name or person.email or person.id
