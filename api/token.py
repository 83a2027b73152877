"""Widget tokens: JWTs that the vendor signs for one account and user, for at most an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from litestar.connection import ASGIConnection

from engine.errors import Unauthorized
from service.context import Context

AUDIENCE = "segue-widget"
LONGEST = 3600
_REQUIRED = ["exp", "iat", "sub", "aud", "account"]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a widget token speaks for, and until when."""

    account: str
    sub: str
    expires: datetime


def read(context: Context, token: str, secret: str | None) -> Bearer:
    """The account and user behind a token.

    Raises:
        Unauthorized: expired, for another audience, too long-lived, or not signed by the vendor.
    """
    widget = context.policy().config.widget
    try:
        key = _key(widget.algorithm, widget.public_key_file, secret)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[widget.algorithm],
            audience=AUDIENCE,
            options={"require": _REQUIRED},
            leeway=10,
        )
    except jwt.ExpiredSignatureError:
        raise Unauthorized("this token has expired: issue a new one") from None
    except jwt.PyJWTError as error:
        raise Unauthorized(f"this is not a valid widget token: {error}") from None
    expires = int(claims["exp"])  # A number or its text: the library takes both.
    if expires - int(claims["iat"]) > LONGEST:
        raise Unauthorized("a token may live for an hour at most")
    account, sub = claims["account"], claims["sub"]
    if not (isinstance(account, str) and 0 < len(account) <= 256 and 0 < len(sub) <= 256):
        raise Unauthorized("account and sub are texts of 1 to 256 characters")
    return Bearer(account, sub, datetime.fromtimestamp(expires, UTC))


def issue(secret: str, *, account: str, sub: str, seconds: int = LONGEST) -> str:
    """A token as a vendor's server would sign it; for development and the demo."""
    now = int(datetime.now(UTC).timestamp())
    claims = {"aud": AUDIENCE, "sub": sub, "account": account, "iat": now, "exp": now + seconds}
    return jwt.encode(claims, secret, algorithm="HS256")


def bearer(
    context: Context, secret: str | None
) -> Callable[[ASGIConnection[Any, Any, Any, Any]], Bearer]:
    """Reads the token of a request, from the Authorization header only."""

    def of(request: ASGIConnection[Any, Any, Any, Any]) -> Bearer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("send the widget token as Authorization: Bearer")
        return read(context, token.strip(), secret)

    return of


def _key(algorithm: str, file: str | None, secret: str | None) -> str:
    if algorithm == "ES256":
        return Path(str(file)).read_text("ascii")
    if not secret:
        raise Unauthorized("widget tokens are off: SEGUE_WIDGET_SECRET is not set")
    return secret
