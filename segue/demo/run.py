"""`segue demo`: on one page, or without a browser or a person."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from segue.demo.headless import tell
from segue.demo.host import hosted


def run(*, headless: bool, host: str, port: int, folder: Path) -> int:
    """Play the story; the exit code of the command."""
    logging.getLogger().setLevel(logging.ERROR)
    with suppress(KeyboardInterrupt):
        return asyncio.run(tell(folder) if headless else _page(host, port, folder))
    return 0


async def _page(host: str, port: int, folder: Path) -> int:
    """Serve the page until somebody ends it."""
    async with hosted(folder, host, port, paced=True) as demo:
        print(f"Open {demo.base}/ (Ctrl-C ends it)")
        print("Time passes by itself; when Segue speaks it waits for you.", flush=True)
        story = asyncio.create_task(demo.driver.run())
        await asyncio.wait({story, demo.serving}, return_when=asyncio.FIRST_COMPLETED)
        story.cancel()
        await asyncio.wait({story})
        ended = None if story.cancelled() else story.exception()
        if ended is not None and not demo.server.should_exit:  # Else its server went away first.
            raise ended
    return 0
