"""E-mail as a channel: one message over SMTP, and what the server's refusals mean."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.email.message import compose
from engine.errors import Invalid, SegueError
from service.channel import Channel, DeliveryKind, Failed, Outgoing, Retry, Sent
from service.context import Context

TIMEOUT = 20.0
_TRY_AGAIN, _MEND_FIRST = 60.0, 600.0
_LOGIN = (530, 534, 535, 538)
_PORTS = {"smtp": 587, "smtps": 465}
_STARTTLS = {"auto": None, "always": True, "never": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail is handed in; `starttls` None: where the server offers it."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    starttls: bool | None


def server_of(url: str) -> Server:
    """Read smtp://user:password@host:port?starttls=auto|always|never, or smtps://...

    Raises:
        Invalid: it is no such address.
    """
    parts = urlsplit(url)
    wanted = parse_qs(parts.query).get("starttls", ["auto"])[0]
    if parts.scheme not in _PORTS or not parts.hostname or wanted not in _STARTTLS:
        raise Invalid("use smtp://user:password@host:587?starttls=always or smtps://host")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise Invalid("the port of the SMTP address is no number") from None
    tls = parts.scheme == "smtps"
    return Server(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        starttls=False if tls else _STARTTLS[wanted],
    )


class EmailChannel(Channel):
    """Hands deliveries to one SMTP server, each to the one address it was given."""

    name = "email"

    def __init__(
        self,
        context: Context,
        *,
        smtp_url: str,
        mail_from: str,
        timeout: float = TIMEOUT,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._context, self._from, self._timeout = context, mail_from, timeout
        self._server, self._tls = server_of(smtp_url), tls_context

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Failed:
        """Hand the delivery over, or say why not."""
        if outgoing.kind in (DeliveryKind.CARD, DeliveryKind.WITHDRAWAL):
            return Failed("an e-mail can't be changed any more")
        try:
            now = self._context.clock.now()
            made = await asyncio.to_thread(compose, outgoing, sender=self._from, now=now)
        except SegueError as error:
            return Failed(str(error))
        server = self._server
        try:
            await aiosmtplib.send(
                made,
                sender=made["From"].addresses[0].addr_spec,
                recipients=[made["To"].addresses[0].addr_spec],
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls,
                start_tls=server.starttls,
                tls_context=self._tls,
                timeout=self._timeout,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return refusal(error)
        return Sent(str(made["Message-ID"]))


def refusal(error: Exception) -> Retry | Failed:
    """Codes of 500 and above are final, except where it is the login that was refused."""
    match error:
        case aiosmtplib.SMTPResponseException() if error.code in _LOGIN:
            return Retry(_MEND_FIRST, f"the SMTP login was refused: {error.code}")
        case aiosmtplib.SMTPRecipientsRefused():
            return _by_code(min(r.code for r in error.recipients), "recipient")
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected():
            return Retry(_TRY_AGAIN, "the SMTP server can't be reached")
        case aiosmtplib.SMTPNotSupported():
            if "SMTPUTF8" in str(error):
                return Failed("address_invalid: the SMTP server can't be given this address")
            return Retry(_MEND_FIRST, f"the SMTP server lacks something: {error}")
        case aiosmtplib.SMTPResponseException():
            return _by_code(error.code, "message")
        case aiosmtplib.SMTPException() | OSError():
            return Retry(_TRY_AGAIN, f"no answer from the SMTP server: {type(error).__name__}")
        case _:
            return Failed("address_invalid: the SMTP server can't be given this address")


def _by_code(code: int, what: Literal["recipient", "message"]) -> Retry | Failed:
    """The server's own words stay out: they may repeat the address."""
    if code >= 500:
        return Failed(f"refused: {what} {code}")
    return Retry(_TRY_AGAIN, f"put off: {what} {code}")
