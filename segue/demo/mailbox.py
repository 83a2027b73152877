"""A mailbox that speaks real SMTP on this machine and keeps what it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail as it arrived."""

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
        self._server = Controller(self, hostname="127.0.0.1", port=0)

    def start(self) -> str:
        """Listen on a free port; says the SMTP address."""
        self._server.start()
        assert self._server.server is not None
        port = self._server.server.sockets[0].getsockname()[1]
        return f"smtp://127.0.0.1:{port}"

    def stop(self) -> None:
        """Listen no longer."""
        self._server.stop()

    def find(self, id: str) -> Mail | None:
        """One mail."""
        return next((mail for mail in self.mails if mail.id == id), None)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """What aiosmtpd calls with each mail."""
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(
            Mail(
                id=f"mail-{len(self.mails) + 1}",
                at=self._now(),
                to=envelope.rcpt_tos[0].lower(),
                sender=parseaddr(str(message["From"]))[0] or str(message["From"]),
                subject=str(message["Subject"]),
                text=_part(message, "plain"),
                html=_part(message, "html"),
            )
        )
        return "250 OK"


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
