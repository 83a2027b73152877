"""Sample deliveries in every state a message can be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.alert import AlertClass, Moment
from engine.snapshot import Person, Role
from service.channel import DeliveryKind, ForwardState, Outgoing, Recipient
from templates.samples import digests
from tests.templates.stories import AS_OF, sample_meter, sample_story

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
MARA = Person(
    id="mara", role=Role.CHAMPION, name="Mara Lindt", email="champion@acme.test", can_buy=True
)
MARTA = Person(id="marta", role=Role.MANAGER, name="Marta Silva", email="manager@acme.test")
KNOWN = (
    Recipient(id="marta", name="Marta Silva", role="manager", channel="slack"),
    Recipient(id="finn", name="Finn Okafor", role="finance", channel="slack"),
)
WHY = (
    "You are at 8,420 of 10,000 reports.",
    "A suggestion reaches your organisation at most once in 30 days, over all channels together.",
)

WHY_NOTICE = ("This is a notice. It comes once a period and sells nothing.",)


def summary(**changes: object) -> Outgoing:
    """The champion's summary, open."""
    outgoing = Outgoing(
        id="delivery_1",
        kind=DeliveryKind.SUMMARY,
        alert="alert_1",
        account="acc_harbor",
        person=MARA,
        address=None,
        story=sample_story(),
        audience="champion",
        locale="en",
        chart_url="https://segue.example.com/chart/abc.png",
        upgrade_url="https://app.example.com/billing?plan=business",
        recipients=KNOWN,
        why=WHY,
    )
    return replace(outgoing, **changes)  # type: ignore[arg-type]


def digested(**changes: object) -> Outgoing:
    """What an account got done in a week."""
    done, story = next(digests("en"))
    outgoing = summary(id="delivery_2", kind=DeliveryKind.DIGEST, alert="", story=story, done=done)
    return replace(outgoing, **changes)  # type: ignore[arg-type]


def notice(**changes: object) -> Outgoing:
    """A neutral notice: work stops at this limit."""
    story = sample_story(
        alert_class=AlertClass.NOTICE,
        moment=Moment.AT_LIMIT,
        main=sample_meter(used=sample_meter().limit, forecast=None),
    )
    return replace(summary(kind=DeliveryKind.NOTICE, story=story, why=WHY_NOTICE), **changes)  # type: ignore[arg-type]


def forwarded(**changes: object) -> Outgoing:
    """The story as the finance lead gets it."""
    outgoing = summary(
        id="forward_1.slack",
        kind=DeliveryKind.FORWARD,
        person=Person(id="finn", role=Role.FINANCE, name="Finn Okafor", email="finance@acme.test"),
        audience="finance",
        upgrade_url=None,
        case_url="https://segue.example.com/case/secret-token",
        asked_by=MARA,
        note="This is what we talked about on Monday.",
        recipients=(),
        extra={"forward": "forward_1", "case": "case_1"},
    )
    return replace(outgoing, **changes)  # type: ignore[arg-type]


def card(*forwards: ForwardState, **changes: object) -> Outgoing:
    """The champion's card after something happened."""
    outgoing = summary(kind=DeliveryKind.CARD, reference="T1/D1/1.2", forwards=forwards)
    return replace(outgoing, **changes)  # type: ignore[arg-type]


def passed_on(state: str, **changes: object) -> ForwardState:
    """Where the forward to Marta stands."""
    forward = ForwardState(
        case="case_1",
        by="mara",
        id="forward_1",
        to_id="marta",
        to_name="Marta Silva",
        role="manager",
        channel="slack",
        state=state,
        undo_until=NOW + timedelta(seconds=10) if state == "waiting" else None,
        sent_at=AS_OF if state == "sent" else None,
    )
    return replace(forward, **changes)  # type: ignore[arg-type]


STATES: dict[str, Outgoing] = {
    "summary": summary(),
    "summary_of_nobody_known": summary(recipients=()),
    "summary_who_cannot_buy": summary(person=replace(MARA, can_buy=False)),
    "summary_without_chart": summary(chart_url="http://segue.internal/chart/abc.png"),
    "notice": notice(),
    "reflection": summary(
        story=sample_story(alert_class=AlertClass.REFLECTION, moment=Moment.MILESTONE)
    ),
    "forward_finance": forwarded(),
    "forward_manager": forwarded(audience="manager", person=MARTA, note=""),
    "card_open": card(),
    "card_sending": card(passed_on("waiting")),
    "card_sent": card(passed_on("sent")),
    "card_sent_to_look_at": card(
        passed_on("sent", look="https://segue.example.com/case/sent/sealed")
    ),
    "card_withdrawn": card(passed_on("withdrawn")),
    "withdrawal": card(kind=DeliveryKind.WITHDRAWAL, asked_by=MARA),
    "card_undone": card(passed_on("undone")),
    "card_not_reached": card(passed_on("draft")),
    "card_useful": card(extra={"kind": "useful", "person": "mara", "id": "f"}),
    "card_not_now": card(closed_as="snoozed", returns="2027-02-16"),
    "card_muted": card(closed_as="muted"),
    "card_approved": card(passed_on("sent"), closed_as="approved"),
    "card_over": card(closed_as="plan_changed"),
    "notice_closed": replace(notice(kind=DeliveryKind.CARD), closed_as="period_over"),
    "receipt": card(
        kind=DeliveryKind.RECEIPT, extra={"text": "Finn Okafor asks: what is the notice period?"}
    ),
}
