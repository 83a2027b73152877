"""Serves one process: HTTP by uvicorn, with streams that end before the server waits for them."""

import gc
import logging
from collections.abc import Iterator
from typing import Any

import uvicorn

from bot.desk import unmailed
from bot.words import Words
from engine.errors import NotFound
from segue import wiring
from segue.roles import Role
from segue.settings import UNHEARD, Settings
from service import doctor
from service.context import Context
from service.doctor import stripe_named

log = logging.getLogger("segue")


class Server(uvicorn.Server):
    """Ends the widget's streams first, so that stopping waits for nobody's browser."""

    def __init__(self, config: uvicorn.Config, runtime: wiring.Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    def handle_exit(self, sig: int, frame: object) -> None:
        """A signal: close the streams, finish what runs, end with 0; a second one: end at once."""
        self._runtime.hub.close()
        self.force_exit = self.should_exit
        self.should_exit = True


def run(settings: Settings, *, host: str, port: int, role: Role = Role.ALL) -> None:
    """Serve until told to stop."""
    runtime = wiring.build(settings, served_at=f"http://{host}:{port}", role=role)
    for warning in (*runtime.warnings, *missing(settings, runtime.context, role)):
        log.warning(warning)
    for line in unmailed(doctor.unmailed(runtime.context), Words("en")):
        log.warning(line)
    config = configured(runtime.app, settings, host=host, port=port)
    spare_the_collector()
    log.info("Segue is at http://%s:%s (API document: /schema)", host, port)
    try:
        Server(config, runtime).run()
    finally:
        runtime.close()


def missing(settings: Settings, context: Context, role: Role) -> Iterator[str]:
    """What the stored data wants and nobody has said."""
    if not _has_policy(context):
        yield "no policy is in force: run `segue config apply segue.toml`"
    if role.answers and not settings.stripe_webhook_secrets and stripe_named(context):
        yield UNHEARD


def configured(app: Any, settings: Settings, *, host: str, port: int) -> uvicorn.Config:
    """How it is served: whom a proxy of ours speaks for is who asks; no other peer is believed.

    Without `trusted_proxies` uvicorn's own default holds: this machine, or FORWARDED_ALLOW_IPS.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
    )


def spare_the_collector() -> None:
    """What was imported lives as long as the process: the collector need not look at it again."""
    gc.freeze()
    # With 50 in the middle thousands of open streams stood still for half a second at a time.
    gc.set_threshold(20_000, 5, 50)


def _has_policy(context: Context) -> bool:
    try:
        context.policy()
    except NotFound:
        return False
    return True
