"""The page behind `/segue why`: one account's last months, an hour long, true and by itself."""

import re
from datetime import timedelta

import httpx

from service import sealed, timeline
from tests.api.live import NOW, Live
from tests.backends import FILE

BACKENDS = FILE
HOSTILE = "<script>alert(1)</script> & Söhne"


def link(world: Live, account: str) -> str:
    return timeline.link(world.runtime.context, account)


def lived(world: Live, **facts: object) -> str:
    """Asked on the eighteenth, answered "not now", used further, silent for a week."""
    account, alert = world.asked(slack=False, **facts)
    assert world.widget(account).say(alert, "snoozed").is_success
    for day in range(1, 7):
        world.clock.set(NOW + timedelta(days=day - 1, hours=3))
        world.use(account, 55)
        world.clock.set(NOW + timedelta(days=day))
        world.settle()
    return account


def seen(answer: httpx.Response) -> str:
    """What a person reads, without the style and the tags."""
    text = re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_it_shows_use_limit_what_was_said_and_why_not(world: Live) -> None:
    account = lived(world, name="Harbor Logistics")
    answer = world.open(link(world, account))
    assert answer.status_code == 200
    shown = seen(answer)
    state = world.widget(account, "fiona").state()["meters"][0]
    assert (state["used"], state["limit"]) == ("990", "1000")
    for words in (
        "Harbor Logistics",
        "990 of 1,000",
        "990 of 1,000 reports used this month. At this pace 1,000 is passed around 24",
        "Suggestion: on pace to pass the limit",
        "What came back: not now.",
        "Not said: near the limit Held back because of an earlier no.",
        "limit 1,000",
        "This link works until",
    ):
        assert words in shown, words
    newest = world.decision(account)
    assert newest["outcome"] == "silent"
    assert answer.text.count('<circle class="ask"') == 3  # Two drawings and the legend.
    assert 'class="reason-restraint"' in answer.text


def test_the_table_behind_it_is_the_usage_day_by_day(world: Live) -> None:
    account = lived(world)
    rows = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>',
        world.open(link(world, account)).text,
    )
    assert len(rows) == 90
    assert rows[0] == ("24 Nov 2026", "0", "990", "1,000")
    by_day = {day: (used, total) for day, used, total, _ in rows}
    assert by_day["2 Nov 2026"] == ("55", "55")
    assert by_day["3 Nov 2026"] == ("55", "110")
    assert by_day["31 Oct 2026"] == ("0", "880")


def test_its_headers_keep_it_private_and_nothing_in_it_runs(world: Live) -> None:
    account = world.account(name=HOSTILE, slack=False)
    world.settle()
    good = world.open(link(world, account))
    for answer in (good, world.open(f"{link(world, account)[:-30]}x")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'none'" in policy
        assert "unsafe" not in policy
        assert "set-cookie" not in answer.headers
        assert not re.search(r"<script|<iframe|<link|<form|\son\w+=|\sstyle=|https?:", answer.text)
    assert "&lt;script&gt;" in good.text


def test_a_link_lasts_an_hour_and_opens_one_account(world: Live) -> None:
    mine, other = world.account(name="Mine", slack=False), world.account(name="Other", slack=False)
    world.settle()
    page = link(world, mine)
    assert mine not in page
    assert "Other" not in world.open(page).text
    assert other not in world.open(page).text
    world.clock.set(NOW + timedelta(minutes=59, seconds=59))
    assert world.open(page).status_code == 200
    world.clock.set(NOW + timedelta(hours=1))
    over = world.open(page)
    assert over.status_code == 410
    assert "This link is over" in seen(over)
    assert "Mine" not in over.text


def test_a_forged_link_opens_nothing(world: Live) -> None:
    account = world.account(slack=False)
    context = world.runtime.context
    token = link(world, account).rpartition("/")[2]
    middle = len(token) // 2
    wrong = [
        token[:-8],
        token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :],
        "x",
        "x" * 5000,
        "%00",
        account,
        sealed.seal(context, "chart of a preview", account, lives=timedelta(hours=1)),
        context.secrets.encrypt('{"a": 1}'),
        context.secrets.encrypt("xoxb-a-token"),
        sealed.seal(context, "timeline", "nobody", lives=timedelta(hours=1)),
    ]
    for other in wrong:
        answer = world.http.get(f"/timeline/{other}")
        assert answer.status_code == 404, other
        assert "660" not in answer.text
    world.admin("DELETE", f"/v1/accounts/{account}")
    gone = world.http.get(f"/timeline/{token}")
    assert gone.status_code == 404
    assert "There is nothing here" in seen(gone)


def test_an_account_of_which_nothing_is_known_has_a_page(world: Live) -> None:
    account = world.account(usage={}, slack=False)
    shown = seen(world.open(link(world, account)))
    assert "Nothing that matters has been counted here yet." in shown
    assert "Nothing was decided about this account in these days." in shown


def test_a_changed_limit_is_drawn_where_it_was(world: Live) -> None:
    account = lived(world)
    moved = {"plan": "business", "at": world.clock.now().isoformat()}
    assert world.admin("POST", f"/v1/accounts/{account}/plan", moved).is_success
    world.settle()
    answer = world.open(link(world, account))
    rows = re.findall(r"<td>([^<]*)</td></tr>", answer.text)
    assert (rows[0], rows[1], rows[-1]) == ("5,000", "1,000", "1,000")
    wide = answer.text.partition('class="wide"')[2].partition("</svg>")[0]
    assert wide.count('class="limit"') == 2


def test_looking_changes_nothing(world: Live) -> None:
    account = lived(world)
    page = link(world, account)
    first = world.open(page).text
    for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
        world.open(page, method)
    assert world.open(page).text == first
