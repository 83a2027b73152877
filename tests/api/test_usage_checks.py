"""POST /v1/usage: what is wrong with an item is said by its index, with a precise code."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import NOON, World
from tests.backends import ONE

BACKENDS = ONE

Event = Callable[..., dict[str, Any]]

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown meter": ({"meter": "reprots"}, "unknown_meter"),
    "no id": ({"id": ...}, "missing_field"),
    "no account": ({"account": ...}, "missing_field"),
    "no meter": ({"meter": ...}, "missing_field"),
    "id not a text": ({"id": 7}, "invalid_field"),
    "empty id": ({"id": ""}, "invalid_field"),
    "blank account": ({"account": "  "}, "invalid_field"),
    "everyone's id": ({"account": "*"}, "invalid_field"),
    "a dot for an account": ({"account": ".."}, "invalid_field"),
    "unknown field": ({"valeu": 3}, "invalid_field"),
    "value a text": ({"value": "3"}, "invalid_value"),
    "value true": ({"value": True}, "invalid_value"),
    "value an object": ({"value": {"n": 1}}, "invalid_value"),
    "value a list": ({"value": [1]}, "invalid_value"),
    "value negative": ({"value": -1}, "value_negative"),
    "value below zero by a millionth": ({"value": -0.000001}, "value_negative"),
    "value too large": ({"value": 10**15 + 1}, "value_too_large"),
    "value far too large": ({"value": 10**300}, "value_too_large"),
    "value too fine": ({"value": 0.1234567}, "too_many_decimals"),
    "negative and too large": ({"value": -(10**16), "correction": "why"}, "value_too_large"),
    "empty correction": ({"value": -1, "correction": ""}, "invalid_field"),
    "user not a text": ({"user": 5}, "invalid_field"),
    "user too long": ({"user": "u" * 257}, "user_id_too_long"),
    "id too long": ({"id": "i" * 257}, "id_too_long"),
    "account too long": ({"account": "a" * 257}, "account_id_too_long"),
    "account with a control character": ({"account": "a\u0007b"}, "invalid_character"),
    "account with a null": ({"account": "a\u0000b"}, "invalid_character"),
    "account with a direction override": ({"account": "a\u202eb"}, "invalid_character"),
    "account with an isolate": ({"account": "a\u2066b"}, "invalid_character"),
    "id with a newline": ({"id": "a\nb"}, "invalid_character"),
    "at a number": ({"at": 1773835200}, "invalid_at"),
    "at a date": ({"at": "2026-03-18"}, "invalid_at"),
    "at without an offset": ({"at": "2026-03-18T11:00:00"}, "invalid_at"),
    "at nonsense": ({"at": "yesterday"}, "invalid_at"),
    "at too old": ({"at": (NOON - timedelta(days=35, seconds=1)).isoformat()}, "at_too_old"),
    "at ahead": ({"at": (NOON + timedelta(minutes=5, seconds=1)).isoformat()}, "at_in_future"),
    "properties a list": ({"properties": [1]}, "invalid_field"),
    "value in properties a text": ({"properties": {"count": "3"}}, "invalid_value"),
    "value in properties negative": ({"properties": {"count": -3}}, "value_negative"),
    "unknown kind": ({"kind": "refund"}, "invalid_field"),
    "total and value": ({"total": 3, "value": 3, "at": "2026-03-18T11:00:00Z"}, "invalid_field"),
    "total without at": ({"total": 3}, "missing_field"),
    "total with a user": ({"total": 3, "user": "u", "at": "2026-03-18T11:00:00Z"}, "invalid_field"),
    "total negative": ({"total": -3, "at": "2026-03-18T11:00:00Z"}, "value_negative"),
    "total of a unique meter": (
        {"meter": "visitors", "total": 3, "at": "2026-03-18T11:00:00Z"},
        "invalid_field",
    ),
    "max without value": ({"meter": "peak"}, "missing_field"),
    "latest without value": ({"meter": "storage"}, "missing_field"),
    "unique without a thing": ({"meter": "visitors"}, "missing_field"),
    "unique thing an object": ({"meter": "visitors", "value": {}}, "invalid_value"),
    "unique corrected": ({"meter": "visitors", "value": "v", "correction": "w"}, "invalid_field"),
    "friction without a user": ({"kind": "friction", "at": NOON.isoformat()}, "missing_field"),
    "friction without at": ({"kind": "friction", "user": "u"}, "missing_field"),
    "friction with a value": (
        {"kind": "friction", "user": "u", "at": NOON.isoformat(), "value": 1},
        "invalid_field",
    ),
}

RIGHT: dict[str, tuple[dict[str, Any], float]] = {
    "value left out counts one": ({}, 1),
    "value null counts one": ({"value": None}, 1),
    "zero": ({"value": 0}, 0),
    "six decimals": ({"value": 0.000001}, 0.000001),
    "the largest": ({"value": 10**15}, 10**15),
    "negative with a correction": ({"value": -2, "correction": "sent twice"}, -2),
    "value in properties": ({"properties": {"count": 7, "other": "x"}}, 7),
    "value beats properties": ({"value": 2, "properties": {"count": 7}}, 2),
    "properties without the field": ({"properties": {"other": 1}}, 1),
    "at as old as it may be": ({"at": (NOON - timedelta(days=17)).isoformat()}, 1),
    "at as far ahead as it may be": ({"at": (NOON + timedelta(minutes=5)).isoformat()}, 1),
    "at with an offset": ({"at": "2026-03-18T12:30:00+05:30"}, 1),
    "at in lower case": ({"at": "2026-03-18t11:00:00z"}, 1),
    "kind said aloud": ({"kind": "usage"}, 1),
}

LITERALS: dict[str, tuple[bytes, str | float]] = {
    "minus zero": (b"-0", 0),
    "minus zero with decimals": (b"-0.000", 0),
    "exponent": (b"1.5e3", 1500),
    "trailing zeros are no decimals": (b"2.50000000000", 2.5),
    "largest with an exponent": (b"1E15", 10**15),
    "just above the largest": (b"1000000000000000.000001", "value_too_large"),
    "huge exponent": (b"1e400", "value_too_large"),
    "exponent beyond any number": (b"1e99999999999999999999", "value_too_large"),
    "tiny exponent": (b"1e-7", "too_many_decimals"),
    "exponent below any number": (b"1e-99999999999999999999", "too_many_decimals"),
    "half a million digits": (b"1" * 500_000, "value_too_large"),
    "a hundred digits": (b"1" * 100, "value_too_large"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_item_is_rejected_and_stores_nothing(
    name: str, world: World, account: str, event: Event
) -> None:
    fields, code = WRONG[name]
    answer = world.post(event(**fields))
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == 0
    (rejected,) = answer.json()["rejected"]
    assert rejected["index"] == 0
    assert rejected["code"] == code
    assert len(rejected["detail"]) > 10
    assert world.used(account) is None, "nothing may be stored"


@pytest.mark.parametrize("name", RIGHT)
def test_right_item_counts(name: str, world: World, account: str, event: Event) -> None:
    fields, used = RIGHT[name]
    answer = world.post(event(**fields))
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert world.used(account) == used


@pytest.mark.parametrize("name", LITERALS)
def test_number_as_written(name: str, world: World, account: str) -> None:
    literal, expected = LITERALS[name]
    body = b'{"id":"n","account":"%s","meter":"reports","value":%s}'
    answer = world.post(body % (account.encode(), literal)).json()
    if isinstance(expected, str):
        assert [r["code"] for r in answer["rejected"]] == [expected]
        assert world.used(account) is None
    else:
        assert answer["accepted"] == 1
        assert world.used(account) == expected


def test_one_wrong_item_does_not_spoil_the_others(world: World, account: str, event: Event) -> None:
    items: list[Any] = [
        event(value=1), 17, event(value="x"), event(value=2), None, "event", [], event(meter=3),
    ]  # fmt: skip
    answer = world.post(items).json()
    assert answer["accepted"] == 2
    assert [r["index"] for r in answer["rejected"]] == [1, 2, 4, 5, 6, 7]
    assert world.used(account) == 3


def test_text_that_is_not_text_spoils_only_its_item(world: World, account: str) -> None:
    good = b'{"id":"g","account":"%s","meter":"reports"}' % account.encode()
    bad = b'{"id":"\xff","account":"x","meter":"reports"}'
    answer = world.post(b"[" + bad + b"," + good + b"]").json()
    assert answer["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer["rejected"]] == [(0, "malformed")]


@pytest.mark.parametrize(
    "hostile",
    [
        "<!channel>",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "a/b",
        "a b?c#d%",
        "Ünïcødé 株式会社",
        "'\"--",
    ],
)
def test_hostile_but_printable_names_are_ids_like_any(
    hostile: str, world: World, event: Event
) -> None:
    answer = world.post(event(account=hostile, user=hostile, id=hostile))
    assert answer.json()["accepted"] == 1
    assert world.used(quote(hostile, safe="")) == 1


def test_a_near_miss_is_named(world: World, event: Event) -> None:
    answer = world.post([event(meter="reprots"), event(valeu=1)]).json()
    first, second = (r["detail"] for r in answer["rejected"])
    assert "'reports'" in first
    assert "valeu" in second
    assert "'value'" in second
