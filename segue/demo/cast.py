"""The people where nobody clicks: Priya passes it on, Fiona reads, asks and approves."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape

from api import token
from engine.errors import SegueError
from segue.demo import clicks, world
from segue.demo.host import Demo
from segue.demo.story import Note
from segue.demo.workspace import Post
from segue.demo.world import HERO, Player
from store import outbox

QUESTION = "Is the price the same if we move in July?"
_CASE = re.compile(r"https?://[^\s\"'<>]+/case/[\w-]+")
_PATIENCE = 10.0
_APPROVES_AFTER = timedelta(days=14, hours=22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What a champion's widget showed, and since when."""

    player: Player
    at: datetime
    id: str
    alert_class: str
    title: str
    body: str


@dataclass(kw_only=True)
class Cast:
    """The people of a run without a browser, and what they saw."""

    demo: Demo
    banners: list[Banner] = field(default_factory=list)
    case_url: str = ""
    case_page: str = ""
    answered_page: str = ""
    approved_page: str = ""
    _approves: datetime | None = None

    async def act(self, notes: list[Note]) -> None:
        """Look at the widget where there is news, then do what it calls for."""
        for account in sorted({note.account for note in notes}):
            await self._look(world.player(account))
        for note in notes:
            if note.account == HERO.id and note.kind == "summary":
                await self._pass_on()
            if note.account == HERO.id and note.kind == "forwarded":
                await self._read()
        now = self.demo.live.clock.now()
        if self._approves is not None and now >= self._approves:
            self._approves = None
            self.approved_page = await self._fill_in("approve", {"name": HERO.finance.name})

    async def _look(self, player: Player) -> None:
        """What the champion's browser is told by `GET /v1/widget/state`."""
        live = self.demo.live
        secret = str(live.settings.widget_secret)
        signed = token.issue(secret, account=player.id, sub=player.champion.id)
        alert = (await live.doors.widget(signed)).get("alert")
        if alert is None or any(b.id == alert["id"] for b in self.banners):
            return
        self.banners.append(
            Banner(
                player=player,
                at=live.clock.now(),
                id=alert["id"],
                alert_class=alert["class"],
                title=alert["title"],
                body=alert["body"],
            )
        )

    async def _pass_on(self) -> None:
        """Priya presses "Send to Fiona Becker" in Slack."""
        summary = self.posts(HERO)[-1]
        found = next(
            (
                (element, str(block.get("block_id", "")))
                for block in summary.payload["blocks"]
                for element in block.get("elements", [])
                if HERO.finance.name in str(element.get("text", {}))
            ),
            None,
        )
        if found is None:
            raise SegueError(f"the summary has no button for {HERO.finance.name}")
        await clicks.press(self.demo.live.doors, summary, *found)
        async with asyncio.timeout(_PATIENCE):  # Slack's clicks are acknowledged before they act.
            while await asyncio.to_thread(self._waiting) is None:
                await asyncio.sleep(0.02)

    def _waiting(self) -> datetime | None:
        with self.demo.live.context.database.read() as session:
            return outbox.next_due(session)

    async def _read(self) -> None:
        """Fiona opens the link in her mail, reads, and asks; two weeks later she approves."""
        mail = next(m for m in self.demo.live.mailbox.mails if m.to == HERO.email(HERO.finance))
        links = _CASE.findall(mail.text)
        if not links:
            raise SegueError("the mail to finance has no link to the case")
        self.case_url = links[0]
        self.case_page = _words(await self.demo.live.doors.page(self.case_url))
        self.answered_page = await self._fill_in("question", {"question": QUESTION})
        self._approves = self.demo.live.clock.now() + _APPROVES_AFTER

    async def _fill_in(self, answer: str, form: dict[str, str]) -> str:
        page = await self.demo.live.doors.fill_in(f"{self.case_url}/{answer}", form)
        return _words(page)

    def posts(self, player: Player) -> list[Post]:
        """The Slack messages of an account, oldest first."""
        return [p for p in self.demo.live.workspaces.posts if p.member.team == player.team]


def text_of(payload: dict[str, object]) -> str:
    """Every word a Slack payload shows."""
    return " ".join(_texts(payload.get("blocks")))


def _texts(value: object) -> list[str]:
    match value:
        case {"text": str(text)}:
            return [unescape(text)]
        case dict():
            return [text for part in value.values() for text in _texts(part)]
        case list():
            return [text for part in value for text in _texts(part)]
        case _:
            return []


def _words(page: str) -> str:
    """A page's text: notes on sources out, tags away, white space as one blank."""
    page = re.sub(r"<(style|title)\b.*?</\1>|<a class=\"s\".*?</a>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
