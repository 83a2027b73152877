"""What a person at an account sees of Segue at a glance, and the few things they set themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.alert import AlertClass, FeedbackKind
from engine.errors import Forbidden, Invalid, LocaleMissing
from engine.snapshot import Person, Role
from service import frozen, quiet, recipients, snapshot, state, wording
from service.channel import Recipient
from service.context import Context
from service.people import APPROVERS, of_token
from service.secrets import new_id
from store import accounts, alerts, due, people
from store.quiet import StoredQuiet

_LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter as it stands, in a sentence that tells the forecast too."""

    name: str
    used: Decimal
    limit: Decimal | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that was said, and why. `closed_as` None: it is open."""

    id: str
    title: str
    why: tuple[str, ...]
    at: datetime
    alert_class: AlertClass
    closed_as: str | None
    returns: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """Everything the app's home shows to one person."""

    account: str
    name: str
    person: Person
    locale: str
    zone: str
    meters: tuple[Meter, ...]
    told: tuple[Told, ...]
    recipients: tuple[Recipient, ...]
    quiet: StoredQuiet


def glance(context: Context, account: str, person: str) -> Glance:
    """How it stands for one person at an account."""
    shown, now, applied = state.of(context, account, person), context.clock.now(), context.policy()
    who = of_token(context, account, person)
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
        latest = alerts.of_account(session, account, limit=4 * _LATEST)
    locale = str(shown.get("locale", "en"))
    return Glance(
        account=account,
        name=facts.account.name if facts else account,
        person=who,
        locale=locale,
        zone=who.time_zone or (facts.account.time_zone if facts else "UTC"),
        meters=tuple(map(_meter, shown["meters"])),
        told=tuple(
            _told(alert, who, locale, context)
            for alert in latest
            if alert.closed_as != "held_out" and was_for(alert, who)
        )[:_LATEST],
        recipients=recipients.known(context, account=account, person=person),
        quiet=quiet.of(context, account, person),
    )


def chat_approvers(
    context: Context, account: str, *, channel: str, team: str, person: str
) -> dict[str, str]:
    """The chat users of a workspace who are known as manager and as finance."""
    found: dict[str, str] = {}
    with context.database.read() as session:
        everybody = people.everybody(session, {account: {}}).get(account, ())
        for one in everybody:
            if one.role in APPROVERS and one.id != person:
                address = people.address(session, account, one.id, channel) or ""
                where, _, user = address.partition("/")
                if where == team and user:
                    found.setdefault(one.role, user)
    return found


def name_approver(
    context: Context,
    account: str,
    *,
    role: Role,
    chat: tuple[str, str] | None,
    email: str | None,
    name: str | None,
    champion: str,
) -> str:
    """Remember who decides; a user, or the other kind of approver, gets the role.

    Raises:
        TooMany: more than five new recipients in a day.
    """
    person = recipients.add(
        context,
        account=account,
        role=role,
        chat=chat,
        email=email,
        name=name,
        champion=champion,
    )
    make_approver(context, account, person, role)
    return person


def make_approver(context: Context, account: str, person: str, role: Role) -> None:
    """Give a user, or the other kind of approver, this role; all others keep theirs."""
    known = of_token(context, account, person)
    if known.role in (Role.USER, *APPROVERS) and known.role is not role:
        with context.database.write() as session:
            accounts.hold(session, account)
            people.set_role(session, account, person, role)
        context.signals.changed(account)


def stop(context: Context, account: str, person: str, *, stopped: bool) -> bool:
    """Push nothing to this person any more, or again; False where it stood so already."""
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        known = people.everybody(session, {account: {}}).get(account, ())
        before = next((p for p in known if p.id == person), None)
        if before is None or before.muted is stopped:
            return False
        people.mute(session, account, person, muted=stopped)
        due.mark(session, account, now)
    context.signals.changed(account)
    return True


def speak(context: Context, account: str, person: str, locale: str) -> None:
    """Write to this person in a language.

    Raises:
        Invalid: there are no texts in it.
    """
    try:
        wording.language_tag(locale)
    except LocaleMissing as error:
        raise Invalid(str(error), pointer="locale") from None
    with context.database.write() as session:
        accounts.hold(session, account)
        people.speak(session, account, person, locale)
    context.signals.changed(account)


def link(
    context: Context, *, channel: str, team: str, user: str, email: str | None, name: str | None
) -> tuple[str, Person, bool]:
    """Who this chat user is at the account of their workspace; whether that is new.

    Somebody nobody stated is let in as a user where their address is of a verified domain.

    Raises:
        Invalid: the platform vouches for no address of theirs.
        Forbidden: the address belongs to nobody at the account, and to none of its domains.
    """
    with context.database.write() as session:
        account = people.account_of_team(session, channel, team)
        if account is None:
            raise Forbidden("this workspace is linked to no account")
        address = f"{team}/{user}"
        person = people.by_address(session, account, channel, address)
        fresh = person is None
        if person is None:
            if not email:
                raise Invalid("no verified address", pointer="email", code="no_address")
            person = people.by_email(session, account, email)
        if person is None:
            domain = str(email).rpartition("@")[2].lower()
            if domain not in people.domains(session, account):
                raise Forbidden("this address is outside the account's domains")
            person = new_id("person")
            people.add(session, account, person, role=Role.USER, name=name, email=email)
        if fresh:
            people.set_address(session, account, person, channel, address)
    if fresh:
        context.signals.changed(account)
    return account, of_token(context, account, person), fresh


def _meter(shown: dict[str, Any]) -> Meter:
    limit = shown["limit"]
    return Meter(
        name=shown["name"],
        used=Decimal(shown["used"]),
        limit=None if limit is None else Decimal(limit),
        sentence=shown["sentence"],
    )


def was_for(alert: alerts.StoredAlert, who: Person) -> bool:
    """Whether it was said to this person: approvers hear of what is passed on to them."""
    if alert.key.alert_class is AlertClass.NOTICE:
        return True
    return who.id in (alert.person, *alert.audience) or who.role in (Role.CHAMPION, *APPROVERS)


def _told(alert: alerts.StoredAlert, who: Person, locale: str, context: Context) -> Told:
    story = frozen.story(alert.story)
    audience = who.role if who.role in (Role.CHAMPION, *APPROVERS) else Role.USER
    text = wording.message(story, audience, locale, can_buy=who.can_buy)
    known = alert.closed_as in tuple(FeedbackKind)
    return Told(
        id=alert.id,
        title=text.title,
        why=wording.why(alert, story, context.policy().policy, locale),
        at=alert.raised_at,
        alert_class=alert.key.alert_class,
        closed_as=alert.closed_as if known else ("over" if alert.closed_at else None),
        returns=alert.returns,
    )
