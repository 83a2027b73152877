"""Stripe is meant to be heard and is not: who runs the server is told."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from segue.cli import app
from segue.opening import context_of
from segue.roles import Role
from segue.server import missing
from segue.settings import UNHEARD, load
from service import accounts, configure
from service.shapes import Account
from tests.api.live import policy
from tests.backends import ONE

BACKENDS = ONE


def test_doctor_and_serve_say_where_stripes_customers_are_named_and_its_events_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_DATABASE_URL", f"sqlite:///{tmp_path}/segue.db")
    monkeypatch.delenv("SEGUE_STRIPE_WEBHOOK_SECRET", raising=False)
    monkeypatch.chdir(tmp_path)
    context = context_of(load())
    configure.apply(context, policy(), by="test")

    def told() -> bool:
        page = CliRunner().invoke(app, ["doctor"])
        assert page.exit_code == 0, page.output
        warned = UNHEARD in list(missing(load(), context, Role.API))
        assert warned is (UNHEARD in page.stdout)
        assert UNHEARD not in list(missing(load(), context, Role.WORKER))
        return warned

    assert not told()
    accounts.put(context, "acme", Account(external_ids={"stripe": "cus_1"}), "test")
    assert told()
    monkeypatch.setenv("SEGUE_STRIPE_WEBHOOK_SECRET", "whsec_1")
    assert not told()
