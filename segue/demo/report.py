"""Prints the story: what each person got, what was not said and why, and the promises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from textwrap import fill

from rich.console import Console
from rich.text import Text

from engine.alert import Reason
from engine.decision import Decision
from segue.demo import captions, world
from segue.demo.cast import Banner, Cast
from segue.demo.checks import Check
from segue.demo.mailbox import Mail
from segue.demo.sight import Sight, see
from segue.demo.workspace import Post
from segue.demo.world import PLAYERS, Player
from service import frozen, wording
from service.ledger import of_account
from store import decisions

_WIDTH = 100
_PARTS = {
    "commits": "commits, and is asked once",
    "experiments": "experiments, and is left alone",
    "learns": "learns, and is not asked",
    "spikes": "spikes once, and is not asked",
    "waits": "has a ticket open when its moment comes",
}


def printed(cast: Cast, found: Sequence[Check], *, seconds: float) -> None:
    """The whole report, for a terminal or a file."""
    console = Console(highlight=False, soft_wrap=True)
    first, last = world.START.date(), world.END.date()
    console.print(Text("Segue demo, without a person", style="bold"))
    _line(
        console,
        0,
        f"{captions.day(first)} to {captions.day(last)} {last.year}, real usage of five accounts "
        f"(see segue/demo/data/ATTRIBUTION.md), played in {seconds:.0f} s through Segue's HTTP "
        "routes, Slack and SMTP.",
    )
    for player in PLAYERS:
        sight = see(cast.demo.live.context, player)
        if sight is not None:
            _account(console, cast, sight)
    _promises(console, found)


def _account(console: Console, cast: Cast, sight: Sight) -> None:
    player = sight.player
    console.print()
    console.print(Text(player.name, style="bold"), Text(_PARTS[player.part], style="dim"))
    console.print(Text("  What people got", style="underline"))
    lines = sorted(_got(cast, player), key=lambda line: line.at)
    for line in lines:
        _message(console, sight, line)
    if not lines:
        _line(console, 4, "Nothing. Nobody was written to, no banner was shown.")
    console.print(Text("  What was not said, and why", style="underline"))
    for text in _silences(cast, sight):
        _line(console, 4, text)
    console.print(Text("  Attention", style="underline"))
    _line(console, 4, _attention(cast, sight))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """One message to one person."""

    at: datetime
    channel: str
    to: str
    head: str
    body: str


def _got(cast: Cast, player: Player) -> Iterator[_Got]:
    """Banners, Slack messages and mails of an account."""
    for banner in cast.banners:
        if banner.player is player:
            yield _banner(banner)
    for post in cast.posts(player):
        yield _post(post)
    addresses = {player.email(a): a.name for a in player.people}
    for mail in cast.demo.live.mailbox.mails:
        if mail.to in addresses:
            yield _mail(mail, addresses[mail.to])


def _banner(banner: Banner) -> _Got:
    to = banner.player.champion.name
    return _Got(at=banner.at, channel="Banner", to=to, head=banner.title, body=banner.body)


def _post(post: Post) -> _Got:
    blocks = post.first["blocks"]
    head = next((b["text"]["text"] for b in blocks if b["type"] == "header"), "")
    body = next((b["text"]["text"] for b in blocks if b["type"] == "section" and "text" in b), "")
    last = [b["text"]["text"] for b in post.payload["blocks"] if _is_state(b)]
    where = "Slack, in the thread" if post.thread else "Slack"
    body = "\n".join([body, *(f"[later] {text}" for text in last)])
    return _Got(at=post.at, channel=where, to=post.member.name, head=head, body=body)


def _is_state(block: dict[str, object]) -> bool:
    """What an update added to the champion's message: where a forward stands, or an answer."""
    name = str(block.get("block_id", ""))
    return block.get("type") == "section" and (name.startswith("forward.") or name == "answer")


def _mail(mail: Mail, name: str) -> _Got:
    shown = " ".join(line for line in mail.text.splitlines()[:8] if line.strip())
    return _Got(at=mail.at, channel=f"E-mail to {mail.to}", to=name, head=mail.subject, body=shown)


def _message(console: Console, sight: Sight, got: _Got) -> None:
    local = got.at.astimezone(sight.zone)
    _line(console, 4, f"{captions.day(local.date())} {local:%H:%M}  {got.channel}, {got.to}")
    for text, style in ((got.head, "bold"), *((line, "dim") for line in got.body.splitlines())):
        if text:
            _line(console, 8, text, style)


def _line(console: Console, indent: int, text: str, style: str = "") -> None:
    """A wrapped paragraph; what came from people is never read as markup."""
    margin = " " * indent
    wrapped = fill(text, _WIDTH, initial_indent=margin, subsequent_indent=margin)
    console.print(Text(wrapped, style=style))


def _silences(cast: Cast, sight: Sight) -> Iterator[str]:
    """Spans of days on which a moment was there and nothing was said, then how many had none."""
    with cast.demo.live.context.database.read() as session:
        stored = decisions.of_account(session, sight.player.id, limit=500)
    rows = [(one, frozen.decision(one.body)) for one in reversed(stored)]
    silent = [row for row in rows if row[1].outcome == "silent"]
    quiet: set[date] = set()
    for (held, _), together in groupby(silent, key=_why):
        spans = list(together)
        first, last = (
            at.astimezone(sight.zone).date() for at in (spans[0][0].at, _end(spans[-1][0]))
        )
        if not held:
            quiet |= {date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)}
            continue
        yield f"{captions.span(first, last)}: {_sentence(spans[0][1], sight)}"
    yield f"On {len(quiet)} days nothing was due: no moment held."


def _why(row: tuple[decisions.StoredDecision, Decision]) -> tuple[bool, str]:
    decision = row[1]
    return decision.chosen is not None, str(decision.reason)


def _end(stored: decisions.StoredDecision) -> datetime:
    return stored.until or stored.at


def _sentence(decision: Decision, sight: Sight) -> str:
    """The first reason in Segue's words, and the others by name."""
    others = decision.reasons[1:]
    plain = [Reason(code=reason.code, until=reason.until) for reason in decision.reasons]
    text = wording.silence(plain, "en", for_admin=True, today=sight.today)
    more = ", ".join(reason.code for reason in others)
    return f"{text} (also: {more})" if more else text


def _attention(cast: Cast, sight: Sight) -> str:
    """The ledger at its turns: what moved it and where it stood afterwards."""
    steps, trust, before = [], 0.0, 0.0
    for at, cause, amount in of_account(cast.demo.live.context, sight.player.id).entries:
        before, trust = trust, min(100.0, max(0.0, trust + amount))
        if "value day" not in cause and cause != "start":
            day = captions.day(at.astimezone(sight.zone).date())
            steps.append(f"{day}: {before:.0f} → {trust:.0f} ({cause})")
    return ", ".join([*steps, f"at the end: {trust:.0f} of 100"])


def _promises(console: Console, found: Sequence[Check]) -> None:
    console.print()
    console.print(Text("Promises", style="bold"))
    for check in found:
        word = Text("PASS", style="green") if check.kept else Text("FAIL", style="bold red")
        console.print(Text("  ").append_text(word).append(f"  {check.promise}"))
    kept = sum(check.kept for check in found)
    console.print(f"{kept} of {len(found)} kept.")
