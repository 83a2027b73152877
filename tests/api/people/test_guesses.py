"""Who guesses at links is slowed down by where they are, also behind a proxy that is known."""

import asyncio

import httpx
import pytest

import api.case
import api.sent
from api.app import create
from engine.errors import Invalid
from segue import server, settings
from segue.settings import Settings
from tests.api.live import Live
from tests.api.people.test_sent import sent
from tests.backends import FILE
from tests.servers import serving

BACKENDS = FILE

PROXY, STRANGER = "10.1.2.3", "203.0.113.9"


def guessed(world: Live, peer: str, claims: list[str], **told: str) -> list[int]:
    """The answers to as many wrong links as there are claims of whom they are for."""
    context = world.runtime.context
    app = create(context, extra=api.case.routes(context))
    known = settings.load(told)
    config = server.configured(app, known, host="127.0.0.1", port=0)
    config.load()

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(config.loaded_app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://segue") as client:
            return [
                (await client.get("/case/guess", headers={"X-Forwarded-For": claim})).status_code
                for claim in claims
            ]

    return asyncio.run(ask())


ONE, MANY = ["198.51.100.1"] * 70, [f"198.51.100.{n}" for n in range(70)]
SPOOFED = [f"192.0.2.{n}, 198.51.100.1" for n in range(70)]
"""What a client sends along stands before what the proxy adds."""


@pytest.mark.parametrize(
    ("peer", "claims", "last"),
    [
        (PROXY, ONE, 429),
        (PROXY, MANY, 404),
        (PROXY, SPOOFED, 429),
        (PROXY, [f"{claim}, 10.1.9.9" for claim in SPOOFED], 429),
        (STRANGER, MANY, 429),
    ],
    ids=["one client", "many clients", "spoofed", "two proxies", "not a proxy of ours"],
)
def test_a_known_proxy_says_who_asks_and_nobody_else_does(
    peer: str, claims: list[str], last: int, world: Live
) -> None:
    answers = guessed(world, peer, claims, SEGUE_TRUSTED_PROXIES="10.1.0.0/16, ::1")
    assert answers[0] == 404
    assert answers[-1] == last


def test_without_being_told_only_this_machine_is_believed(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    assert guessed(world, PROXY, MANY)[-1] == 429
    assert guessed(world, "127.0.0.1", MANY)[-1] == 404


@pytest.mark.parametrize("wrong", ["*", "proxy.internal", "10.1.2.3/8", "10.0.0.0/99"])
def test_a_proxy_is_an_address_or_a_network(wrong: str) -> None:
    with pytest.raises(Invalid, match="SEGUE_TRUSTED_PROXIES"):
        settings.load({"SEGUE_TRUSTED_PROXIES": wrong})
    assert Settings().trusted_proxies == ()


def test_who_has_one_ipv6_address_has_those_beside_it(world: Live) -> None:
    proxy = {"SEGUE_TRUSTED_PROXIES": PROXY}
    beside = [f"2001:db8::{n:x}" for n in range(70)]
    apart = [f"2001:db8:{n:x}::1" for n in range(70)]
    mapped = [f"::ffff:198.51.100.{n}" for n in range(70)]
    assert guessed(world, PROXY, beside, **proxy)[-1] == 429
    assert guessed(world, PROXY, apart, **proxy)[-1] == 404
    assert guessed(world, PROXY, mapped, **proxy)[-1] == 404


def test_who_guesses_at_a_senders_link_is_slowed_down_too(world: Live) -> None:
    _, _, own, _ = sent(world)
    context = world.runtime.context
    with serving(create(context, extra=api.sent.routes(context))) as url:
        guesses = [httpx.get(f"{url}/case/sent/guess-{n}").status_code for n in range(70)]
        assert guesses[0] == 404
        assert guesses[-1] == 429
        assert httpx.post(f"{url}/case/sent/guess/withdraw").status_code == 429
        assert httpx.get(f"{url}/case/sent/{own.rpartition('/')[2]}").status_code == 200
