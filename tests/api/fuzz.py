"""Asks the real product whatever its own description allows, and much that it does not.

`python -m tests.api.fuzz --examples 2000 --seed 7` does it for as long as you like (`make fuzz`).
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from stripe import WebhookSignature

from api.app import create
from service import keys
from service.context import Context
from service.secrets import Secrets
from store import backtests
from store.backtests import DONE, StoredBacktest
from tests.api.live import NOW, STRIPE, Live, live, token
from tests.backends import BOTH, Backend, opened
from tests.fakes.clock import FakeClock
from tests.postgres import Postgres
from tests.servers import serving

STREAM = "GET /v1/widget/stream"
"""Never ends by itself: tests/api/test_widget_stream.py holds it to its word."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_PATHS = {"person": "priya", "blocker": "outage", "id": "made", "endpoint": "crm"}
_LAST = "PUT /v1/config"
"""Changes what the others rest on."""
_ORDER = ("PUT", "POST", "GET", "DELETE")
"""What is stated first can be found, and what is erased last was there."""
_MEANT = {
    "plan": "business",
    "meter": "reports",
    "code": "reports",
    "event": "reports",
    "event_name": "reports",
    "at": NOW.isoformat(),
    "time": NOW.isoformat(),
    "time_zone": "Europe/Berlin",
    "locale": "de",
    "country": "DE",
    "currency": "EUR",
    "email": "mia@acme.example",
    "to": "tomas",
    "domains": ["acme.example"],
    "limits": {"reports": 5000},
    "url": "https://example.com/segue",
    "since": NOW.isoformat(),
}
"""Values of fields that a drawn text would hardly ever hit."""


@schemathesis.serializer("application/toml")
def _as_text(_: Any, value: Any) -> bytes:
    return str(value).encode()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The product, who asks it, and what it knows by name."""

    schema: Any
    session: requests.Session
    keys: Mapping[str, str | None]
    paths: Mapping[str, str]
    names: Mapping[str, Any]
    spare: str
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def operations(self) -> list[Any]:
        """What it describes, in an order in which it can be asked."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        found.sort(key=lambda one: (one.label == _LAST, _rank(one), -len(one.path), one.path))
        return [one for one in found if one.label != STREAM]

    def probe(self, operation: Any, *, examples: int, seed: int | None = None) -> None:
        """Ask one operation many times; whatever it did not say beforehand is an error."""
        modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @hypothesis.settings(
            max_examples=examples,
            derandomize=seed is None,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(
            case=st.one_of(modes), who=st.sampled_from(self._askers(operation)), known=st.booleans()
        )
        def asks(case: Case, who: str, known: bool) -> None:
            if known:
                self.mean(case)
            self.ask(case, who)

        (hypothesis.seed(seed)(asks) if seed is not None else asks)()

    def ask(self, case: Case, who: str) -> Response:
        """Send a case and hold the answer to what /schema says."""
        key = self.keys[who]
        if who == "stripe":
            answer = case.call(session=self.session, auth=_signed)
        else:
            answer = case.call(session=self.session, headers={"Authorization": key} if key else {})
        case.validate_response(answer, checks=CHECKS)
        self.seen[case.operation.label, int(answer.status_code)] += 1
        return answer

    def asker(self, operation: Any) -> str:
        """Who may ask it."""
        security = operation.definition.raw.get("security") or [{"key": ["read"]}]
        others = {"token": "widget", "stripe": "stripe"}
        found = next((who for scheme, who in others.items() if scheme in security[0]), None)
        return found or str(security[0]["key"][0])

    def mean(self, case: Case) -> None:
        """Put names in the request that lead somewhere; who is erased has nothing to lose."""
        widget = case.path.startswith("/v1/widget")
        account = self.names["account"] if case.method.upper() == "GET" or widget else self.spare
        names = {**self.names, "account": account}
        given = case.path_parameters or {}
        case.path_parameters = {k: {**self.paths, **names}.get(k, v) for k, v in given.items()}
        case.body = _named(case.body, names)

    def _askers(self, operation: Any) -> list[str]:
        """Everybody, but mostly who may."""
        return [self.asker(operation)] * (3 * len(self.keys)) + list(self.keys)


def _signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Signed as Stripe does, whatever is in it; what is no text, nobody can sign."""
    body = request.body or b""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    request.headers["Stripe-Signature"] = WebhookSignature.generate_signature_header(
        text, STRIPE[0]
    )
    return request


def _rank(operation: Any) -> int:
    return _ORDER.index(operation.method.upper())


def _named(body: Any, names: Mapping[str, Any]) -> Any:
    """A body with the same fields, and values that mean something."""
    if isinstance(body, list):
        return [_named(one, names) for one in body]
    if not isinstance(body, dict):
        return body
    cloud = {"type": "reports", "specversion": "1.0"} if "specversion" in body else {}
    found = {
        k: v for k, v in {**names, **cloud}.items() if not isinstance(body.get(k), dict | list)
    }
    return {k: found[k] if k in found else _named(v, names) for k, v in body.items()}


@contextmanager
def asked(backend: Backend) -> Iterator[Asked]:
    """The whole product with an account that was just asked, and two backtests."""
    with live(backend, milestone_days=3) as world, requests.Session() as session:
        account, alert = world.asked()
        _backtests(world)
        event = _endpoint(world)
        names = ("account", "subject", "external_subscription_id", "payload[stripe_customer_id]")
        yield Asked(
            schema=_schema(world.url),
            session=session,
            keys={
                "nobody": None,
                "a stranger": "Bearer segue_of_nobody",
                **{scope: f"Bearer {key}" for scope, key in world.keys.items()},
                "stripe": None,
                "widget": f"Bearer {token(account, 'priya')}",
            },
            paths={**_PATHS, "alert": alert, "event": event},
            names={**_MEANT, **dict.fromkeys(names, account)},
            spare=world.account(slack=False, usage={}),
        )


@contextmanager
def unconfigured(backend: Backend) -> Iterator[Asked]:
    """A product on an empty database: keys, and no policy in force."""
    with opened(backend) as database, requests.Session() as session:
        context = Context(
            database=database,
            clock=FakeClock(NOW),
            secrets=Secrets(["test"]),
            public_url="http://test",
        )
        made = {str(scope): f"Bearer {keys.create(context, scope)}" for scope in keys.Scope}
        with serving(create(context)) as url:
            yield Asked(
                schema=_schema(url),
                session=session,
                keys=made,
                paths={**_PATHS, "event": "evt_1"},
                names={**_MEANT, "account": "acme"},
                spare="acme",
            )


def _schema(url: str) -> Any:
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_url(f"{url}/schema", config=config)


def _backtests(world: Live) -> None:
    """One that is done, and one under way, so that no other is begun."""
    with world.runtime.context.database.write() as session:
        for id, more in (("made", {"status": DONE}), ("running", {})):
            backtest = StoredBacktest(
                id=id, asked_at=NOW, asked_by="test", days=90, heard_at=NOW, **more
            )
            backtests.add(session, backtest)


def _endpoint(world: Live) -> str:
    """An endpoint that nothing is sent to, since nobody works; the event that waits for it."""
    path = f"/v1/webhooks/{_PATHS['endpoint']}"
    assert world.admin("PUT", path, {"url": _MEANT["url"]}).is_success
    return str(world.admin("POST", f"{path}/test").json()["id"])


def _main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--examples", type=int, default=500, help="requests of each operation")
    asks.add_argument("--seed", type=int, default=1)
    asks.add_argument("--only", default="", help="a part of the operations' names")
    given = asks.parse_args()
    server = Postgres.start()
    try:
        for name in BOTH:
            with tempfile.TemporaryDirectory() as folder:
                of = server if name == "postgresql" else None
                with asked(Backend(name, Path(folder), of)) as product:
                    for operation in product.operations():
                        if given.only in operation.label:
                            product.probe(operation, examples=given.examples, seed=given.seed)
                            print(name, operation.label, *_answers(product, operation.label))
    finally:
        server.stop()


def _answers(product: Asked, label: str) -> list[str]:
    found = sorted((code, n) for (of, code), n in product.seen.items() if of == label)
    return [f"{code}: {n}" for code, n in found]


if __name__ == "__main__":
    _main()
