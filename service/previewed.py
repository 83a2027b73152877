"""What a manager or finance lead would get, shown to the champion before anything is sent."""

from engine.alert import AlertClass
from engine.errors import NotFound
from engine.snapshot import Person, Role
from service import frozen, links, snapshot, wording
from service.champion import was_for
from service.channel import DeliveryKind, Outgoing
from service.context import Context
from service.feedback import require_open
from service.people import APPROVERS, named, of_token
from service.recipients import known as recipients
from store import alerts

SHOWN = 4
"""Recipients whose messages are shown at once: those a summary has buttons for."""


def everyone(context: Context, *, account: str, alert: str, champion: str) -> list[Outgoing]:
    """What each approver who is known would get; where none is, what manager and finance would.

    Raises:
        NotFound: no such alert.
        Conflict: it is over.
    """
    known = recipients(context, account=account, person=champion)[:SHOWN]
    readers = [(Role(one.role), one.id) for one in known] or [(role, "") for role in APPROVERS]
    return [
        forward(context, account=account, alert=alert, champion=champion, role=role, to=to)
        for role, to in readers
    ]


def forward(
    context: Context, *, account: str, alert: str, champion: str, role: Role, to: str = ""
) -> Outgoing:
    """The forward as `to`, or somebody of this role, would get it: its links open nothing yet.

    Raises:
        NotFound: no such alert, or it was not said to this champion.
        Conflict: it is over.
    """
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        stored = require_open(alerts.get(session, account, alert))
        facts = snapshot.load(context, session, account, now, applied)
        if facts is None:
            raise NotFound("there is no such account")
        sender = named(facts.people, champion) or Person(id=champion)
        if not was_for(stored, sender):  # A button that came with a copied message.
            raise NotFound("there is no such alert")
        reader = named(facts.people, to) or Person(id="", role=role)
        locale, story = wording.locale_of(reader, facts), frozen.story(stored.story)
        return Outgoing(
            id="",
            kind=DeliveryKind.FORWARD,
            alert=alert,
            account=account,
            person=reader,
            address=None,
            story=story,
            audience=role,
            locale=locale,
            chart_url=links.chart_of_alert(context, session, stored),
            case_url=context.public_url or None,
            asked_by=sender,
            why=wording.why(stored, story, applied.policy, locale),
            extra={"case": "preview"},
        )


def newest(context: Context, *, account: str, person: str) -> str | None:
    """The newest open alert that this person may pass on; a notice nobody can."""
    who = of_token(context, account, person)
    with context.database.read() as session:
        found = [
            alert
            for alert in alerts.open_of(session, account)
            if alert.key.alert_class is not AlertClass.NOTICE and was_for(alert, who)
        ]
    return max(found, key=lambda alert: alert.raised_at).id if found else None
