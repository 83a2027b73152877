"""The story as its reader would get it, for a champion who passes it on with their own hands."""

from engine.errors import NotFound
from engine.snapshot import Person
from service import forward, frozen, links, snapshot, wording
from service.channel import DeliveryKind, Outgoing
from service.context import Context
from service.people import named
from store import accounts, forwards


def story(context: Context, *, account: str, alert: str, champion: str, to: str) -> Outgoing:
    """The forward to `to` with its link, which is made for them alone; nothing is sent.

    Raises:
        NotFound: no such alert or person.
        Conflict: it is over.
        TooMany: more than five new recipients in a day.
    """
    state = forward.start(
        context, account=account, alert=alert, champion=champion, to=to, by_hand=True
    )
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        accounts.hold(session, account)
        case = forwards.case(session, account, state.case)
        facts = snapshot.staff(context, session, account, now, applied)
        if case is None or facts is None:
            raise NotFound("there is no such case")
        page, chart = links.of_case(context, session, account, case.id)
        reader = named(facts.people, to) or Person(id=to)
        return Outgoing(
            id="",
            kind=DeliveryKind.FORWARD,
            alert=alert,
            account=account,
            person=reader,
            address=None,
            story=frozen.story(case.story),
            audience=case.audience,
            locale=wording.locale_of(reader, facts),
            chart_url=chart,
            case_url=page,
            asked_by=named(facts.people, champion) or Person(id=champion),
        )
