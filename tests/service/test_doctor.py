"""What the doctor says of e-mail that is switched on and can't go anywhere."""

from dataclasses import replace

import pytest

from bot.desk import unmailed as said
from bot.words import Words
from service import configure, doctor
from tests.api.live import Live, policy
from tests.backends import FILE

BACKENDS = FILE


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, ()),
        ({"summaries": "true"}, ("email.summaries",)),
        ({"digest": "monthly"}, ("email.digest",)),
        ({"summaries": "true", "digest": "weekly"}, ("email.summaries", "email.digest")),
    ],
)
def test_what_is_mailed_needs_a_server(
    changes: dict[str, str], keys: tuple[str, ...], world: Live
) -> None:
    configure.apply(world.runtime.context, policy(**changes), "test")
    try:
        assert doctor.examine(world.runtime.context).unmailed == ()
        without = replace(world.runtime.context, channels=("slack",), _known={})
        assert doctor.examine(without).unmailed == keys
        lines = said(keys, Words("en"))
        assert len(lines) == bool(keys)
        assert all("SEGUE_SMTP_URL" in line and keys[0] in line for line in lines)
    finally:
        configure.apply(world.runtime.context, policy(), "test")
