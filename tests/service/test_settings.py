"""What the environment says is checked before anything starts, and named where it is wrong."""

import pytest

from engine.errors import Invalid
from segue import settings


def test_how_long_usage_is_kept_has_a_least() -> None:
    assert settings.load({}).keep_hours_days == 37
    assert settings.load({"SEGUE_KEEP_HOURS_DAYS": "400"}).keep_hours_days == 400
    assert settings.load({"SEGUE_KEEP_EVENTS_DAYS": "37"}).keep_events_days == 37


def test_stripe_may_have_two_secrets_while_one_is_changed() -> None:
    assert settings.load({}).stripe_webhook_secrets == ()
    given = settings.load({"SEGUE_STRIPE_WEBHOOK_SECRET": "whsec_new, whsec_old"})
    assert given.stripe_webhook_secrets == ("whsec_new", "whsec_old")


@pytest.mark.parametrize("wrong", ["36", "-1", "many", "3.5"])
def test_a_wrong_number_of_days_is_named(wrong: str) -> None:
    with pytest.raises(Invalid, match="SEGUE_KEEP_EVENTS_DAYS: a number of days, 37 or more"):
        settings.load({"SEGUE_KEEP_EVENTS_DAYS": wrong})


def test_webhooks_lead_inside_only_where_that_is_said() -> None:
    assert not settings.load({}).webhook_private
    assert settings.load({"SEGUE_WEBHOOK_PRIVATE": "True"}).webhook_private
    with pytest.raises(Invalid, match="SEGUE_WEBHOOK_PRIVATE: use true or false"):
        settings.load({"SEGUE_WEBHOOK_PRIVATE": "sometimes"})
