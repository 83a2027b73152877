"""One delivery as an e-mail: plain text and HTML, the chart inline, answers to the champion."""

import hashlib
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bot.words import message_of
from engine.errors import Invalid
from engine.snapshot import Person
from service.channel import DeliveryKind, Outgoing
from service.people import display
from templates import chart, digest, email
from templates.plain import plain

_NAME, _LONGEST = 60, 254


def compose(outgoing: Outgoing, *, sender: str, now: datetime) -> EmailMessage:
    """The e-mail for one delivery, to the one address it was given.

    Raises:
        Invalid: the address is none, or the sender is not set up.
    """
    made = EmailMessage(policy=SMTP)
    mail = _digest(outgoing) if outgoing.done else _written(outgoing)
    own = address(*reversed(parseaddr(sender)))
    made["Subject"] = plain(mail.subject, 200)
    made["From"] = own
    made["To"] = address(outgoing.address or outgoing.person.email or "", outgoing.person.name)
    if outgoing.asked_by and outgoing.asked_by.email:
        made["Reply-To"] = _of_person(outgoing.asked_by)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id(outgoing, own.domain)
    if outgoing.reference:
        made["In-Reply-To"] = made["References"] = outgoing.reference
    made["Auto-Submitted"] = "auto-generated"
    if outgoing.unsubscribe_url:
        made["List-Unsubscribe"] = f"<{outgoing.unsubscribe_url}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(mail.text)
    if mail.html:
        made.add_alternative(mail.html, subtype="html")
    if mail.html and not outgoing.done:
        _attach_chart(made, outgoing)
    return made


def message_id(outgoing: Outgoing, domain: str) -> str:
    """The same for every attempt of a delivery, so that a mailbox knows a second copy."""
    named = f"{outgoing.account}\x1f{outgoing.id}".encode()
    return f"<{hashlib.sha256(named).hexdigest()[:32]}@{domain}>"


def address(spec: str, name: str | None) -> Address:
    """A mailbox; whatever could start another header or another recipient is refused."""
    try:
        found = Address(display_name=plain(name or "", _NAME), addr_spec=spec)
    except (HeaderParseError, ValueError, IndexError):
        raise Invalid("address_invalid: this is not an e-mail address") from None
    if len(spec) > _LONGEST or not found.domain or any(c.isspace() for c in spec):
        raise Invalid("address_invalid: this is not an e-mail address")
    return found


def _of_person(person: Person) -> Address:
    return address(person.email or "", person.name)


def _digest(outgoing: Outgoing) -> email.Mail:
    assert outgoing.done is not None
    return digest.mail(
        outgoing.done,
        outgoing.story,
        locale=outgoing.locale,
        reader=outgoing.person.name,
        unsubscribe_url=outgoing.unsubscribe_url,
    )


def _written(outgoing: Outgoing) -> email.Mail:
    text = message_of(outgoing)
    match outgoing.kind:
        case DeliveryKind.FORWARD:
            sender = outgoing.asked_by or Person(id="")
            return email.forward(
                text,
                outgoing.story,
                locale=outgoing.locale,
                asked_by=display(sender),
                case_url=outgoing.case_url,
                unsubscribe_url=outgoing.unsubscribe_url,
            )
        case DeliveryKind.RECEIPT:
            said = plain(outgoing.extra.get("text", text.title), 1000)
            page = outgoing.look or outgoing.case_url
            more = f"\n{page}\n" if page else ""
            return email.Mail(subject=text.title, text=f"{said}\n{more}", html="")
        case _:
            return email.summary(
                text,
                outgoing.story,
                locale=outgoing.locale,
                page_url=outgoing.page_url,
                upgrade_url=outgoing.upgrade_url if outgoing.person.can_buy else None,
                why=outgoing.why,
                unsubscribe_url=outgoing.unsubscribe_url,
            )


def _attach_chart(made: EmailMessage, outgoing: Outgoing) -> None:
    """The picture the HTML shows, in the message itself: nothing is loaded from anywhere."""
    drawn = chart.png(chart.svg(outgoing.story, locale=outgoing.locale))
    html = made.get_payload()[1]  # type: ignore[index]
    assert isinstance(html, EmailMessage)
    html.add_related(
        drawn,
        maintype="image",
        subtype="png",
        cid=f"<{email.CHART_CID}>",
        filename="chart.png",
        disposition="inline",
    )
