"""The whole product on a port of its own: every route, a Slack and a mailbox, and a clock to set.

Nobody works in the background: a test lets the worker do what is due by `settle`.
"""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import msgspec
import pytest

from segue.settings import Settings
from segue.wiring import Runtime, build
from service import configure, keys
from service.ingest import ingest
from store import installs
from tests.backends import Backend, Drain
from tests.fakes.clock import FakeClock
from tests.fakes.mailbox import Mailbox, Postman
from tests.fakes.slack_sink import SlackSink, slack_sink
from tests.servers import free_port, serving

SECRET = "a-widget-secret-of-32-bytes-or-more"
STRIPE = ("whsec_new", "whsec_old")
ORIGIN = "https://app.example.com"
START = datetime(2026, 8, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
"""A Wednesday, nine o'clock in Berlin: the daily look, and the end of the quiet hours."""
PEOPLE: dict[str, dict[str, Any]] = {
    "priya": {"role": "champion", "name": "Priya Raman"},
    "tomas": {"role": "manager", "name": "Tomás Vidal"},
    "fiona": {"role": "finance", "name": "Fiona Becker", "can_buy": True},
    "jonas": {"role": "user", "name": "Jonas Weber"},
}
POLICY = """
[product]
name = "{product}"
currency = "EUR"
time_zone = "Europe/Berlin"
upgrade_url = "https://app.example.com/billing?plan={{plan}}&case={{case}}"

[[meter]]
key = "reports"
name = {{ one = "report", other = "reports" }}
value = "{value}"
at_limit = "{at_limit}"

[[plan]]
key = "team"
name = "Team"
price = "490.00"
next = "business"
limits = {{ reports = 1000 }}
overage = {{ reports = "0.30" }}

[[plan]]
key = "business"
name = "Business"
price = "890.00"
next = "scale"
limits = {{ reports = 5000 }}

[[plan]]
key = "scale"
name = "Scale"

[policy]
mode = "{mode}"
rollout_days = 0

[policy.milestone]
within_days = {milestone_days}

[policy.email]
summaries = {summaries}
digest = "{digest}"

[policy.holdout]
share = {holdout}
small_share = {holdout}

[widget]
origins = ["{origin}"]
"""
_numbers = count(1)


def policy(**changes: Any) -> str:
    """The policy file in force, but for what a test is about."""
    values = {
        "product": "Northwind Reports",
        "value": "delivered to your clients",
        "at_limit": "continues",
        "mode": "live",
        "milestone_days": 0,
        "summaries": "false",
        "digest": "off",
        "holdout": 0.0,
        "origin": ORIGIN,
    }
    return POLICY.format(**values | changes)


def claims(account: str, sub: str, /, **changes: Any) -> dict[str, Any]:
    """What a vendor's server signs; `...` leaves a claim out."""
    now = int(time.time())
    made = {
        "aud": "segue-widget", "account": account, "sub": sub, "iat": now, "exp": now + 3600,
    }  # fmt: skip
    return {k: v for k, v in {**made, **changes}.items() if v is not ...}


def token(account: str, sub: str, /, *, secret: str = SECRET, alg: str = "HS256", **c: Any) -> str:
    """A widget token."""
    return jwt.encode(claims(account, sub, **c), secret, algorithm=alg)


def growing(until: date = TODAY) -> dict[date, int]:
    """Forty each working day, fifty-five since November: 660 of 1,000 on the eighteenth."""
    days = (START.date() + timedelta(n) for n in range((until - START.date()).days))
    return {d: 55 if d >= date(2026, 11, 1) else 40 for d in days if d.weekday() < 5}


@dataclass
class Live:
    """The running product, and the vendor's and people's ways into it."""

    url: str
    runtime: Runtime
    clock: FakeClock
    sink: SlackSink
    mailbox: Mailbox
    http: httpx.Client
    keys: dict[str, str]
    drain: Drain | None = None
    made: list[str] = field(default_factory=list)

    def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """An admin's request."""
        headers = {"Authorization": f"Bearer {self.keys['admin']}"}
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        return answer

    def widget(self, account: str, sub: str = "priya") -> "Visitor":
        """A person with the widget before them."""
        return Visitor(self, account, sub)

    def account(
        self,
        *,
        name: str = "Acme",
        slack: bool = True,
        usage: dict[date, int] | None = None,
        people: dict[str, dict[str, Any]] | None = None,
        account: str | None = None,
        **facts: Any,
    ) -> str:
        """An account with its people and its past; nothing was decided about it yet."""
        account = account or f"acct-{next(_numbers)}"
        self.made.append(account)
        present = self.clock.now()
        self.clock.set(START)
        stated = {"plan": "team", "name": name, "country": "DE", "since": "2026-08-01"}
        stated["domains"] = [f"{account}.example"]  # type: ignore[assignment]
        assert self.admin("PUT", f"/v1/accounts/{account}", stated | facts).is_success
        for id, person in (PEOPLE if people is None else people).items():
            told = {"email": f"{id}@{account}.example", "joined": "2026-08-01", **person}
            put = self.admin("PUT", f"/v1/accounts/{account}/people/{id}", told)
            assert put.is_success, put.text
        if slack:
            self.install(account)
        self.report(account, growing() if usage is None else usage, present)
        self.clock.set(present)
        return account

    def install(self, account: str) -> None:
        """Its Slack workspace has the app."""
        workspace = installs.Workspace(
            platform=installs.SLACK,
            team=f"T-{account}",
            account=account,
            name="Acme",
            bot_user="UBOT",
            token=self.runtime.context.secrets.encrypt("xoxb-test"),
            scopes="chat:write",
            installed_at=START,
            revoked_at=None,
        )
        with self.runtime.context.database.write() as session:
            installs.save(session, workspace)

    def report(self, account: str, days: dict[date, int], present: datetime) -> None:
        """Usage as it came in, month by month; half of each day is Jonas's, half is Mia's."""
        months: dict[tuple[int, int], list[msgspec.Raw]] = {}
        for day, amount in days.items():
            at = f"{day.isoformat()}T10:00:00Z"
            shares = {"jonas": amount - amount // 2, "mia": amount // 2}
            months.setdefault((day.year, day.month), []).extend(
                event(account, user=user, value=share, at=at) for user, share in shares.items()
            )
        for (year, month), events in months.items():
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
            self.clock.set(min(end, present))
            receipt = ingest(self.runtime.context, events)
            assert receipt.accepted == len(events), receipt.rejected[:1]
        self.count()

    def use(self, account: str, value: int, **more: str) -> None:
        """Usage that comes in at this instant, through the front door."""
        body = {"id": f"u{next(_numbers)}", "account": account, "meter": "reports", "value": value}
        body |= more
        headers = {"Authorization": f"Bearer {self.keys['ingest']}"}
        answer = self.http.post("/v1/usage", json=body, headers=headers)
        assert answer.json()["accepted"] == 1, answer.text
        self.count()

    def count(self) -> None:
        """Have the usage counted that waits in front of the database."""
        if self.drain:
            self.drain()

    def settle(self) -> None:
        """Let the worker do everything that is due at this instant."""
        self.count()
        asyncio.run(self.runtime.worker.until_idle())

    def asked(self, **account: Any) -> tuple[str, str]:
        """(account, alert id) of an account that was just asked."""
        name = self.account(**account)
        self.settle()
        alert = self.widget(name).alert()
        assert alert is not None, self.decision(name)
        return name, alert["id"]

    def decision(self, account: str) -> dict[str, Any]:
        """The newest decision."""
        found = self.admin("GET", f"/v1/accounts/{account}/decisions").json()["decisions"]
        return dict(found[0])

    def alerts(self, account: str) -> list[dict[str, Any]]:
        """Every alert with its deliveries, newest first."""
        return list(self.admin("GET", f"/v1/accounts/{account}/alerts").json()["alerts"])

    def deliveries(self, account: str, kind: str = "summary") -> list[dict[str, Any]]:
        """What was or will be sent of one kind, newest alert first."""
        return [d for a in self.alerts(account) for d in a["deliveries"] if d["kind"] == kind]

    def open(self, link: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Follow a link of ours."""
        return self.http.request(method, link, **more)

    def reset(self) -> None:
        """Forget the accounts of a test, its messages and its time."""
        for account in self.made:
            self.admin("DELETE", f"/v1/accounts/{account}")
        self.made.clear()
        for one in self.admin("GET", "/v1/webhooks").json()["webhooks"]:
            self.admin("DELETE", f"/v1/webhooks/{quote(one['endpoint'], safe='')}")
        self.clock.set(NOW)
        self.sink.forget()
        self.mailbox.messages.clear()
        self.mailbox.envelopes.clear()


@dataclass
class Visitor:
    """Somebody in the vendor's app."""

    live: Live
    account: str
    sub: str

    @property
    def headers(self) -> dict[str, str]:
        """Their token, where it belongs."""
        return {"Authorization": f"Bearer {token(self.account, self.sub)}"}

    def state(self) -> dict[str, Any]:
        """What the widget shows."""
        answer = self.live.http.get("/v1/widget/state", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def alert(self) -> dict[str, Any] | None:
        """The banner, if there is one."""
        found = self.state()["alert"]
        return None if found is None else dict(found)

    def post(self, alert: str, what: str, body: Any) -> httpx.Response:
        """Feedback, forward or undo."""
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        path = f"/v1/widget/alerts/{alert}/{what}"
        return self.live.http.post(path, headers=self.headers, **sent)

    def say(self, alert: str, kind: str, **more: Any) -> httpx.Response:
        """One answer to an alert."""
        body = {"id": f"f{next(_numbers)}", "kind": kind, **more}
        return self.post(alert, "feedback", body)

    def send(self, alert: str, **more: Any) -> httpx.Response:
        """Pass the story on."""
        return self.post(alert, "forward", {"id": f"s{next(_numbers)}", **more})


def event(account: str, **fields: Any) -> msgspec.Raw:
    """A usage event as it is on the wire."""
    made = {"id": f"e{next(_numbers)}", "account": account, "meter": "reports"}
    return msgspec.Raw(msgspec.json.encode({**made, **fields}))


def links(text: str, kind: str) -> list[str]:
    """The links to case pages or charts in a message."""
    return list(dict.fromkeys(re.findall(rf"http://127\.0\.0\.1:\d+/{kind}/[\w.\-]+", text)))


@contextmanager
def live(backend: Backend, **changes: Any) -> Iterator[Live]:
    """Serve it from an empty database."""
    clock = FakeClock(START)
    with slack_sink() as sink, _postman() as postman:
        port, database = free_port(), backend.url()
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            database_url=database,
            public_url=url,
            secret_keys=("a-test-key-of-its-own",),
            widget_secret=SECRET,
            slack_signing_secret="signing",
            slack_api_url=sink.url,
            smtp_url=f"smtp://127.0.0.1:{postman.port}?starttls=never",
            mail_from="Northwind <reports@northwind.example>",
            stripe_webhook_secrets=STRIPE,
            nats_url=backend.nats.url if backend.nats else None,
            webhook_private=True,
        )
        runtime = build(settings, served_at=url, clock=clock, background=False)
        configure.apply(runtime.context, policy(**changes), "test")
        made = {str(s): keys.create(runtime.context, s) for s in keys.Scope}
        clock.set(NOW)
        try:
            with (
                serving(runtime.app, port=port),
                httpx.Client(base_url=url, timeout=30) as http,
            ):
                box, drain = postman.mailbox, None
                if runtime.broker and runtime.merger:
                    drain = Drain(runtime.broker, runtime.merger)
                yield Live(url, runtime, clock, sink, box, http, made, drain)
                runtime.hub.close()
        finally:
            runtime.close()
            backend.drop(database)


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    """The product of a file of tests; one that wants another policy makes its own."""
    with live(backend) as made:
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    """That of one test: what it made is gone afterwards."""
    yield running
    running.reset()


@contextmanager
def _postman() -> Iterator[Postman]:
    """An SMTP server in a thread, for a product that lives in another."""
    loop, made = asyncio.new_event_loop(), Postman()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.__aenter__(), loop).result(10)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(made.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
