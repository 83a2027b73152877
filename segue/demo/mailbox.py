"""A mailbox that speaks real SMTP on this machine and keeps what it is given."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail as it arrived; pictures it brought along are part of `html`."""

    id: str
    at: datetime
    to: str
    sender: str
    subject: str
    text: str
    html: str


class Mailbox:
    """Every mail the demo's people got, oldest first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.mails: list[Mail] = []
        self._now = now
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen on a free port; says the SMTP address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname=_HOST), _HOST, 0)
        return f"smtp://{_HOST}:{self._server.sockets[0].getsockname()[1]}?starttls=never"

    def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    def find(self, id: str) -> Mail | None:
        """One mail."""
        return next((mail for mail in self.mails if mail.id == id), None)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """What aiosmtpd calls with each mail."""
        message = message_from_bytes(_bytes(envelope), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(
            Mail(
                id=f"mail-{len(self.mails) + 1}",
                at=self._now(),
                to=envelope.rcpt_tos[0].lower(),
                sender=parseaddr(str(message["From"]))[0] or str(message["From"]),
                subject=str(message["Subject"]),
                text=_part(message, "plain"),
                html=_with_pictures(message, _part(message, "html")),
            )
        )
        return "250 OK"


def _bytes(envelope: Envelope) -> bytes:
    content = envelope.content or b""
    return content.encode() if isinstance(content, str) else content


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _with_pictures(message: EmailMessage, html: str) -> str:
    """The HTML with the pictures themselves in place of their cid: references."""
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip("<>")
        if name and part.get_content_maintype() == "image":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            data = base64.b64encode(content).decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{data}")
    return html
