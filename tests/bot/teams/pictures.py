"""Takes the pictures of docs/pictures from Teams: the real cards in Microsoft's own client.

.venv/bin/python -m tests.bot.teams.pictures
"""

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from service import rooms
from tests.bot.conftest import ACCOUNT
from tests.bot.pictures import FOLDER, WEBP
from tests.bot.teams.test_playground import SOON, Stage, chrome, press, said, staged
from tests.fakes.playground import write

_CARD = ".ac-adaptiveCard"


def take(page: Page, name: str, *, last: int = 1) -> None:
    """The newest card of a chat."""
    card = page.locator(_CARD).nth(page.locator(_CARD).count() - last)
    card.scroll_into_view_if_needed()
    page.wait_for_timeout(700)
    png = "data:image/png;base64," + base64.b64encode(card.screenshot()).decode()
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(page.evaluate(WEBP, png)))


def story(stage: Stage) -> None:
    """Play the story, and stop where there is something to see."""
    write(stage.mara, f"link {rooms.code(stage.context, ACCOUNT)}")
    said(stage.mara, "linked to Harbor Logistics")
    write(stage.mara, "help")
    said(stage.mara, "What you can type")
    take(stage.mara, "teams-help")
    stage.do("push")
    said(stage.mara, "8,420 / 10,000")
    take(stage.mara, "teams-summary")
    press(stage.mara, "Send to Marta Silva")
    said(stage.mara, "Sending to Marta Silva")
    stage.clock.pass_by(seconds=11)
    stage.do("drain")
    said(stage.mara, "Sent to Marta Silva")
    take(stage.mara, "teams-sent")
    said(stage.marta, "8,420 / 10,000")
    take(stage.marta, "teams-manager")
    stage.marta.get_by_role("button", name="Not now", exact=True).last.click(timeout=SOON)
    said(stage.marta, "won't come back")
    take(stage.marta, "teams-declined")


def main() -> None:
    """Take them all anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        chrome() as browser,
        staged(Path(folder), browser, scale=1.5) as stage,
    ):
        story(stage)


if __name__ == "__main__":
    main()
