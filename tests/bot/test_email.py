"""E-mail over a real SMTP server: both parts, the headers, refusals, and nobody else written to."""

from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.email.message import compose
from bot.email.send import EmailChannel, Server, server_of
from engine.errors import Invalid
from engine.snapshot import Person
from service.channel import DeliveryKind, Failed, Outgoing, Retry, Sent
from service.context import Context
from tests.bot.deliveries import MARA, NOW, card, forwarded, notice, summary
from tests.fakes.mailbox import Postman

FROM = "Northwind Reports <hello@northwind.test>"
FINN = "finance@acme.test"


def mail(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, address=outgoing.person.email)


def channel(context: Context, postman: Postman, login: str = "") -> EmailChannel:
    url = f"smtp://{login}127.0.0.1:{postman.port}"
    return EmailChannel(context, smtp_url=url, mail_from=FROM, timeout=20)


async def received(context: Context, outgoing: Outgoing) -> EmailMessage:
    async with Postman() as postman:
        result = await channel(context, postman).send(outgoing)
        assert isinstance(result, Sent), result
        (message,) = postman.mailbox.messages
        assert result.reference == message["Message-ID"]
        return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


async def test_a_forward_is_complete_in_both_parts(context: Context) -> None:
    message = await received(context, mail(forwarded()))
    for shown in (part(message, "plain"), part(message, "html")):
        assert "Mara Lindt asked us to send you this." in shown
        assert "This is what we talked about on Monday." in shown
        assert "https://segue.example.com/case/secret-token" in shown
        assert "8,420" in shown
    (picture,) = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<chart>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content().startswith(b"\x89PNG")
    assert "cid:chart" in part(message, "html")


async def test_nothing_in_the_html_is_loaded_from_anywhere(context: Context) -> None:
    shown = part(await received(context, mail(forwarded())), "html")
    assert "src=" in shown
    assert 'src="http' not in shown
    assert "url(" not in shown


async def test_the_answer_goes_to_the_champion(context: Context) -> None:
    message = await received(context, mail(forwarded()))
    assert message["From"] == FROM
    assert message["To"] == "Finn Okafor <finance@acme.test>"
    assert message["Reply-To"] == "Mara Lindt <champion@acme.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW.replace(microsecond=0)


async def test_every_attempt_has_the_same_id(context: Context) -> None:
    first = await received(context, mail(forwarded()))
    second = await received(context, mail(forwarded()))
    other = await received(context, mail(forwarded(id="forward_2.email")))
    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@northwind.test>")


async def test_the_way_out_is_in_the_header_and_in_the_text(context: Context) -> None:
    url = "https://segue.example.com/stop/abc"
    message = await received(context, mail(summary(unsubscribe_url=url)))
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in part(message, "plain")
    assert url in part(message, "html")


async def test_a_summary_offers_a_plan_only_to_who_may_buy(context: Context) -> None:
    url = "https://app.example.com/billing?plan=business"
    may = await received(context, mail(summary()))
    may_not = await received(context, mail(summary(person=replace(MARA, can_buy=False))))
    assert url in part(may, "plain")
    assert url not in part(may_not, "plain")
    assert "890" not in part(may_not, "plain")


async def test_a_summary_leads_to_a_page_of_its_readers_own(context: Context) -> None:
    url = "https://segue.example.com/summary/sealed"
    message = await received(context, mail(summary(page_url=url)))
    assert url in part(message, "plain")
    assert "Pass it on, or answer" in part(message, "html")
    calm = await received(context, mail(notice(page_url=url)))
    assert "Open the page" in part(calm, "plain")


async def test_a_notice_sells_nothing(context: Context) -> None:
    message = await received(context, mail(notice()))
    for shown in (part(message, "plain"), part(message, "html")):
        assert "890" not in shown
        assert "billing" not in shown


async def test_a_receipt_answers_in_the_same_thread(context: Context) -> None:
    receipt = card(
        kind=DeliveryKind.RECEIPT, reference="<a@northwind.test>", extra={"text": "Finn said yes."}
    )
    message = await received(context, mail(receipt))
    assert message["In-Reply-To"] == message["References"] == "<a@northwind.test>"
    assert "Finn said yes." in part(message, "plain")


async def test_only_the_address_given_is_written_to(context: Context) -> None:
    async with Postman() as postman:
        await channel(context, postman).send(mail(forwarded()))
        assert postman.mailbox.envelopes == [("hello@northwind.test", [FINN])]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.test, c@d.test",
        "a@b.test\r\nBcc: c@d.test",
        "a@b.test\nBcc: c@d.test",
        "<a@b.test>",
        "a b@c.test",
        "a@" + "b" * 300 + ".test",
        "a@b.test>\x00",
    ],
)
async def test_what_is_not_one_address_is_refused(context: Context, address: str) -> None:
    async with Postman() as postman:
        outgoing = forwarded(address=address, person=Person(id="finn", email=None))
        result = await channel(context, postman).send(outgoing)
        assert isinstance(result, Failed)
        assert result.reason.startswith("address_invalid")
        assert postman.mailbox.messages == []


hostile = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "Eve\r\nBcc: victim@acme.test",
            "Eve\nSubject: urgent",
            '"Eve" <other@evil.test>,',
            "=?utf-8?b?QmNjOiB4?=",
            "<script>alert(1)</script>",
            "مرحبا \u202e",
            "😀" * 200,
        ]
    ),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile)
def test_names_and_notes_start_no_header_and_run_no_script(text: str) -> None:
    champion = Person(id="mara", name=text, email="champion@acme.test")
    outgoing = forwarded(
        address=FINN, person=Person(id="finn", name=text), asked_by=champion, note=text
    )
    made = compose(outgoing, sender=FROM, now=NOW)
    assert [a.addr_spec for a in made["To"].addresses] == [FINN]
    assert [a.addr_spec for a in made["Reply-To"].addresses] == ["champion@acme.test"]
    assert made["Bcc"] is None
    assert made["Cc"] is None
    assert len(made.get_all("Subject")) == 1
    assert b"\nBcc:" not in made.as_bytes()
    assert "<script" not in part(made, "html")


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        (["550 5.1.1 no such user finance@acme.test"], [], Failed("refused: recipient 550")),
        (["450 4.2.1 try later"], [], Retry(60.0, "put off: recipient 450")),
        ([], ["554 5.7.1 spam"], Failed("refused: message 554")),
        ([], ["451 4.3.0 busy"], Retry(60.0, "put off: message 451")),
        ([], ["552 too much"], Failed("refused: message 552")),
    ],
)
async def test_refusals_are_final_or_not_by_their_code(
    context: Context, rcpt: list[str], data: list[str], expected: object
) -> None:
    async with Postman() as postman:
        postman.mailbox.refuse_rcpt, postman.mailbox.refuse_data = rcpt, data
        assert await channel(context, postman).send(mail(forwarded())) == expected


async def test_a_server_that_is_not_there_is_tried_again(context: Context) -> None:
    gone = EmailChannel(context, smtp_url="smtp://127.0.0.1:9", mail_from=FROM, timeout=1)
    result = await gone.send(mail(forwarded()))
    assert isinstance(result, Retry)
    assert result.after >= 30


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_the_login_is_used_and_a_wrong_one_waits_to_be_mended(context: Context) -> None:
    async with Postman(user="segue@x", password="p:w/d") as postman:
        good = await channel(context, postman, "segue%40x:p%3Aw%2Fd@").send(mail(forwarded()))
        assert isinstance(good, Sent)
        bad = await channel(context, postman, "segue%40x:wrong@").send(mail(forwarded()))
        assert isinstance(bad, Retry)
        assert bad.after >= 300
        assert "wrong" not in bad.reason
        none = await channel(context, postman).send(mail(forwarded()))
        assert isinstance(none, Retry)


async def test_starttls_that_is_demanded_and_not_there_sends_nothing(context: Context) -> None:
    async with Postman() as postman:
        url = f"smtp://127.0.0.1:{postman.port}?starttls=always"
        demanding = EmailChannel(context, smtp_url=url, mail_from=FROM, timeout=20)
        assert isinstance(await demanding.send(mail(forwarded())), Retry)
        assert postman.mailbox.messages == []


async def test_a_card_is_nothing_for_a_mailbox(context: Context) -> None:
    async with Postman() as postman:
        assert isinstance(await channel(context, postman).send(mail(card())), Failed)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.test", ("mail.test", 587, None, None, False, None)),
        (
            "smtp://u:p%40ss@mail.test:25?starttls=never",
            ("mail.test", 25, "u", "p@ss", False, False),
        ),
        ("smtp://mail.test?starttls=always", ("mail.test", 587, None, None, False, True)),
        ("smtps://mail.test", ("mail.test", 465, None, None, True, False)),
    ],
)
def test_an_smtp_address_is_read(url: str, server: tuple[object, ...]) -> None:
    found: Server = server_of(url)
    assert (
        found.host, found.port, found.user, found.password, found.tls, found.starttls
    ) == server  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["", "mail.test", "http://mail.test", "smtp://", "smtp://h?starttls=perhaps", "smtp://h:x"],
)
def test_what_is_no_smtp_address_is_said_so(url: str) -> None:
    with pytest.raises(Invalid):
        server_of(url)
