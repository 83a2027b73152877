"""The Microsoft 365 Agents Playground: Teams' own client for cards, which runs here, offline.

It signs nothing, so that what it sends passes a small signer on its way to us.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar, Request, Response, head, post
from playwright.sync_api import Page, expect

from tests.fakes.microsoft import APP, TENANT, Microsoft
from tests.servers import PATIENCE, free_port

HERE = Path(__file__).parents[1]
_CONFIG = """version: "0.1.1"
tenantId: {tenant}
bot: {{id: "{app}", name: Segue}}
currentUser: {me}
users: [{others}]
personalChat: {{id: "a:{id}"}}
groupChat: {{id: "19:group@thread.v2", name: Group Chat}}
team:
  id: "19:team@thread.tacv2"
  name: Reporting
  aadGroupId: 00000000-0000-0000-0000-000000000031
  channels: [{{id: "19:general@thread.tacv2", name: General}}]
"""


@dataclass
class Person:
    """Somebody who sits before it."""

    id: str
    name: str
    email: str

    @property
    def stated(self) -> str:
        """As its settings want them."""
        first, _, last = self.name.partition(" ")
        return (
            f'{{id: "29:{self.id}", name: "{self.name}", userPrincipleName: "{self.email}", '
            f'aadObjectId: "{self.id}", givenName: "{first}", surname: "{last}", '
            f'email: "{self.email}"}}'
        )


_CROWD = [
    Person(f"00000000-0000-4000-8000-0000000000f{n}", f"Person {n}", f"person{n}@elsewhere.test")
    for n in range(5)
]


def signer(microsoft: Microsoft, target: str) -> Litestar:
    """Hands on what comes in, with the token that Microsoft would have signed for it."""

    @post("/teams/messages", status_code=200)
    async def hand_on(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.json()
        token = microsoft.token(serviceurl=body["serviceUrl"])
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{target}/teams/messages", json=body, headers=headers)
        return Response(
            answer.content, status_code=answer.status_code, media_type="application/json"
        )

    @head("/teams/messages")
    async def there() -> None:
        return None

    return Litestar([hand_on, there])


@contextlib.contextmanager
def playground(folder: Path, endpoint: str, me: Person, others: list[Person]) -> Iterator[str]:
    """It runs, with `me` before it; gives its address."""
    folder.mkdir()
    # It wants five others, whoever they are.
    crowd = [*others, *_CROWD][:5]
    config = _CONFIG.format(
        tenant=TENANT,
        app=APP,
        id=me.id,
        me=me.stated,
        others=", ".join(one.stated for one in crowd),
    )
    (folder / ".m365agentsplayground.yml").write_text(config)
    node = HERE.parent / ".venv/node/bin/node"
    cli = HERE / "node_modules/@microsoft/m365agentsplayground/cli.js"
    port = free_port()
    command = [
        str(node if node.exists() else "node"), str(cli), "start",
        "-e", f"{endpoint}/teams/messages", "-c", "msteams", "-p", str(port), "--dt", "true",
    ]  # fmt: skip
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        address = f"http://localhost:{port}"
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def service_url(address: str) -> str:
    """Where it wants to be written to."""
    return f"{address}/_connector"


def opened(page: Page, address: str) -> None:
    """Open it: only now it installs the app."""
    page.route(
        lambda url: "127.0.0.1" not in url and "localhost" not in url, lambda route: route.abort()
    )
    page.goto(address)
    expect(page.get_by_role("textbox").first).to_be_visible(timeout=PATIENCE * 1000)


def write(page: Page, text: str) -> None:
    """Write to the app."""
    page.get_by_role("textbox").first.click()
    page.keyboard.type(text)
    page.get_by_role("button", name="Send Message").click()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "the playground stopped: `.ci/setup browser` installs it"
        with contextlib.suppress(httpx.TransportError):
            httpx.get(address)
            return
        time.sleep(0.2)
    raise AssertionError("the playground did not start")
