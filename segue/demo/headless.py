"""`segue demo --headless`: the same story to its end, without a browser or a person."""

import time
from pathlib import Path

from segue.demo.cast import Cast
from segue.demo.checks import checks
from segue.demo.host import hosted
from segue.demo.report import printed


async def tell(folder: Path) -> int:
    """Run the story, print what everybody got, and check the promises; 0 where all were kept."""
    started = time.monotonic()
    async with hosted(folder, "127.0.0.1", 0, paced=False) as demo:
        cast = Cast(demo=demo)
        while (notes := await demo.driver.step()) is not None:
            await cast.act(notes)
        found = checks(cast)
        printed(cast, found, seconds=time.monotonic() - started)
    return 0 if all(check.kept for check in found) else 1
