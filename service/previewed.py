"""What a manager or finance lead would get, shown to the champion before anything is sent."""

from engine.alert import AlertClass
from engine.errors import NotFound
from engine.snapshot import Person, Role
from service import frozen, links, snapshot, wording
from service.channel import DeliveryKind, Outgoing
from service.context import Context
from service.feedback import require_open
from service.people import named
from store import alerts


def forward(context: Context, *, account: str, alert: str, champion: str, role: Role) -> Outgoing:
    """The forward as somebody of this role would get it, without its links and its note.

    Raises:
        NotFound: no such alert.
        Gone: it is closed.
    """
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        stored = require_open(alerts.get(session, account, alert))
        facts = snapshot.load(context, session, account, now, applied)
        if facts is None:
            raise NotFound("there is no such account")
        reader = Person(id="", role=role)
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
            asked_by=named(facts.people, champion) or Person(id=champion),
            why=wording.why(stored, story, applied.policy, locale),
        )


def newest(context: Context, *, account: str) -> str | None:
    """The newest open alert that can be passed on; a notice can't."""
    with context.database.read() as session:
        found = [
            alert
            for alert in alerts.open_of(session, account)
            if alert.key.alert_class is not AlertClass.NOTICE
        ]
    return max(found, key=lambda alert: alert.raised_at).id if found else None
