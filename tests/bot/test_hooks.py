"""One event handed over once: to the open internet alone, in time, and whatever comes back."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.hooks.post import Poster
from engine.errors import Invalid
from service import addresses
from service.webhook_send import Answer, Parcel
from tests.fakes.receiver import Receiver, nobody, receiving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
    "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
    "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::1",
    "2002:0a00:1::1", "2001:0:7f00:1::1", "100::1", "nonsense", "",
)  # fmt: skip
PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
)


class Names(AbstractResolver):
    """Knows what a test says that names mean."""

    def __init__(self, **known: list[str]) -> None:
        self.known = {name.replace("_", "."): found for name, found in known.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.known:
            raise OSError(f"nobody knows {host}")
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in self.known[host]
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def post(url: str, **more: Any) -> Answer:
    """Hand one event over."""
    parcel = Parcel(id="evt_1", url=url, body='{"type":"webhook.test"}', secrets=(SECRET,))
    return asyncio.run(Poster(**more)(parcel))


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_an_inner_network_is_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("host", [*(a for a in PRIVATE[:-2] if "%" not in a), "localhost",
                                  "LOCALHOST.", "app.localhost"])  # fmt: skip
def test_a_private_address_is_refused_where_it_is_stated(host: str) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}/segue"
    with pytest.raises(Invalid) as refused:
        addresses.check(url, private=False)
    assert (refused.value.pointer, refused.value.code) == ("/url", "private_address")
    addresses.check(url, private=True)


def test_outside_of_development_an_address_is_https() -> None:
    with pytest.raises(Invalid):
        addresses.check("http://example.com/segue", private=False)
    addresses.check("http://example.com/segue", private=True)
    addresses.check("https://example.com:8443/segue?key=1", private=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost"]
)
def test_what_leads_inside_is_not_called_however_it_is_written(
    host: str, receiver: Receiver
) -> None:
    port = receiver.url.rpartition(":")[2]
    answer = post(f"http://{host}:{port}/crm")
    assert answer.status is None
    assert answer.error in ("private_address", "dns", "connection")
    assert receiver.messages == []


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["::1"], ["10.1.2.3", "127.0.0.1"]]
)
def test_a_name_that_leads_inside_is_not_called(found: list[str], receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    names = Names(hooks_example_com=found)
    answer = post(f"http://hooks.example.com:{port}/crm", resolver=names)
    assert answer == Answer(error="private_address")
    assert names.asked
    assert receiver.messages == []
    if found == ["127.0.0.1"]:
        allowed = post(f"http://hooks.example.com:{port}/crm", resolver=names, private=True)
        assert allowed.status == 200


def test_a_name_that_means_something_else_by_then_is_not_called(receiver: Receiver) -> None:
    """It was public when it was looked up first: each request looks it up anew, and connects to
    what was looked up."""
    names = Names(hooks_example_com=["127.0.0.1"])
    poster = Poster(private=True, resolver=names)
    port = receiver.url.rpartition(":")[2]
    parcel = Parcel(
        id="evt_1", url=f"http://hooks.example.com:{port}/crm", body="{}", secrets=(SECRET,)
    )
    assert asyncio.run(poster(parcel)).status == 200
    names.known["hooks.example.com"] = ["127.0.0.2"]
    assert asyncio.run(poster(parcel)) == Answer(error="connection")
    assert len(names.asked) == 2


def test_a_redirect_is_an_answer_like_any_other(receiver: Receiver) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.says("/crm", status, location=f"{receiver.url}/elsewhere")
        assert post(f"{receiver.url}/crm", private=True).status == status
    assert receiver.at("/elsewhere") == []


def test_what_is_signed_is_what_is_sent(receiver: Receiver) -> None:
    assert post(f"{receiver.url}/crm", private=True) == Answer(status=200)
    (message,) = receiver.messages
    assert message.verified(SECRET)
    assert message.id == "evt_1"
    assert message.raw == b'{"type":"webhook.test"}'
    assert "cookie" not in message.headers
    assert "authorization" not in message.headers


def test_who_says_nothing_is_not_waited_for(receiver: Receiver) -> None:
    receiver.hangs.add("/crm")
    assert post(f"{receiver.url}/crm", private=True, timeout=0.3) == Answer(error="timeout")


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [("120", 120, 120), ("soon", None, None), ("-5", None, None), ("", None, None)],
)
def test_how_long_to_wait_is_read(
    said: str, least: float | None, most: float | None, receiver: Receiver
) -> None:
    receiver.says("/crm", 503, retry_after=said)
    waits = post(f"{receiver.url}/crm", private=True).retry_after
    assert waits == least == most


def test_a_day_to_wait_for_is_read_too(receiver: Receiver) -> None:
    until = datetime.now(UTC) + timedelta(minutes=10)
    receiver.says("/crm", 503, retry_after=format_datetime(until, usegmt=True))
    waits = post(f"{receiver.url}/crm", private=True).retry_after
    assert waits is not None
    assert 590 < waits <= 600


def test_what_stands_in_the_way_has_a_name(receiver: Receiver) -> None:
    assert post(f"{nobody()}/crm", private=True) == Answer(error="connection")
    assert post("http://hooks.example.com/", resolver=Names()) == Answer(error="dns")
    tls = receiver.url.replace("http://", "https://")
    assert post(f"{tls}/crm", private=True).error in ("tls", "connection")


def test_a_secret_is_never_shown() -> None:
    parcel = Parcel(id="evt_1", url="https://example.com", body="{}", secrets=(SECRET,))
    assert SECRET not in repr(parcel)
