"""What a form of the case says that was not taken: on the page, with what was typed."""

import re

import pytest

from tests.api.live import Live
from tests.api.people.test_case import closed_as, mailed
from tests.api.people.test_sent import sent
from tests.backends import FILE

BACKENDS = FILE


def read(html: str) -> str:
    """What a person reads, and what stands in fields."""
    return re.sub(r"</?(?:span|a|b)\b[^>]*>", "", html)


def fields(html: str) -> dict[str, str]:
    """The attributes of each field a person can write in."""
    found = re.findall(r"<(?:textarea|input) (?:type=\"\w+\" )?name=\"(\w+)\"([^>]*)>", html)
    return dict(found)


@pytest.mark.parametrize(
    ("kind", "form", "name", "said"),
    [
        ("question", {"question": "Why? " * 101}, "question", "longer than 500 characters"),
        ("question", {"question": "   "}, "question", "Nothing is written here"),
        ("decline", {"reason": "x" * 501}, "reason", "longer than 500 characters"),
        ("decline", {"not_before": "soon"}, "not_before", "not read as a date"),
        ("approve", {"name": "N" * 61}, "name", "longer than 60 characters"),
    ],
)
def test_it_says_what_to_change_and_keeps_what_was_typed(
    kind: str, form: dict[str, str], name: str, said: str, world: Live
) -> None:
    account, _, page = mailed(world)
    answer = world.open(f"{page}/{kind}", "POST", data=form)
    assert answer.status_code == 400
    assert said in read(answer.text)
    assert "nothing was sent" in answer.text
    assert form[name] in answer.text
    at = fields(answer.text)[name]
    assert 'aria-invalid="true"' in at
    assert "autofocus" in at
    assert answer.text.count("aria-invalid") == 1
    assert said not in world.open(page).text
    assert closed_as(world, account) is None


def test_the_form_itself_knows_how_much_fits(world: Live) -> None:
    _, _, page = mailed(world)
    known = fields(world.open(page).text)
    for name, most in (("name", 60), ("question", 500), ("reason", 500)):
        assert f'maxlength="{most}"' in known[name], name
    for kind, name, most in (("question", "question", 500), ("decline", "reason", 500)):
        assert world.open(f"{page}/{kind}", "POST", data={name: "x" * most}).status_code == 303


def test_a_line_that_ends_counts_as_it_was_typed(world: Live) -> None:
    _, _, page = mailed(world)
    text = "\r\n".join(["x" * 9] * 50)  # 499 characters as a browser counts them.
    assert world.open(f"{page}/question", "POST", data={"question": text}).status_code == 303


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x85"])
def test_characters_that_nobody_sees_are_left_out(character: str, world: Live) -> None:
    _, _, page = mailed(world)
    form = {"question": f"Why{character} now?", "name": f"Fi{character}ona"}
    assert world.open(f"{page}/question", "POST", data=form).status_code == 303
    assert "“Why now?”" in world.open(page).text
    alone = world.open(f"{page}/question", "POST", data={"question": character})
    assert alone.status_code == 400
    assert "Nothing is written here" in alone.text


def test_what_is_hostile_in_what_was_typed_stays_text(world: Live) -> None:
    _, _, page = mailed(world)
    bad = "</textarea><script>alert(1)</script>" + '" onfocus="x' * 50
    for kind, name in (("question", "question"), ("decline", "reason"), ("approve", "name")):
        html = world.open(f"{page}/{kind}", "POST", data={name: bad}).text
        assert "<script" not in html
        assert '" onfocus' not in html


def test_a_reply_that_is_too_long_is_not_lost(world: Live) -> None:
    _, _, own, page = sent(world)
    early = world.open(f"{own}/reply", "POST", data={"text": "Nobody has asked."})
    assert early.status_code == 409
    assert "This page shows how things stand" in early.text
    world.open(f"{page}/question", "POST", data={"question": "Why?"})
    for text, said in (("y" * 501, "longer than 500 characters"), (" ", "Nothing is written")):
        answer = world.open(f"{own}/reply", "POST", data={"text": text})
        assert answer.status_code == 400
        assert said in read(answer.text)
        assert text in answer.text
        assert "aria-invalid" in fields(answer.text)["text"]
    assert "y" * 501 not in world.open(page).text


@pytest.mark.parametrize("kind", ["approve", "decline", "plan"])
def test_what_is_decided_takes_no_question_and_says_where_to_write(kind: str, world: Live) -> None:
    account, _, page = mailed(world)
    if kind == "plan":
        world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})
    else:
        world.open(f"{page}/{kind}", "POST", data={})
    html = world.open(page).text
    assert "<form" not in html
    assert "Nothing more is answered here" in html
    assert f'href="mailto:priya@{account}.example?subject=' in html
    late = world.open(f"{page}/question", "POST", data={"question": "And <b>Rotterdam</b>?"})
    assert late.status_code == 409
    assert "Your question was not sent" in late.text
    assert "And &lt;b&gt;Rotterdam&lt;/b&gt;?" in late.text
    assert "body=And%20%3Cb%3ERotterdam" in late.text
    assert world.open(page).text == html
    world.settle()
    assert "Rotterdam" not in str([m.as_string() for m in world.mailbox.messages])


def test_its_sender_reads_no_way_to_write_to_themselves(world: Live) -> None:
    _, _, own, page = sent(world)
    world.open(f"{page}/decline", "POST", data={})
    assert "mailto:" not in world.open(own).text
