"""`segue widget-token`: a token as a vendor's server would sign it, for development."""

from typing import Annotated

import typer

from engine.errors import Invalid
from segue import settings


def widget_token(
    account: Annotated[str, typer.Argument(help="The account.")],
    user: Annotated[str, typer.Argument(help="The user (the token's sub).")],
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long it lives.")] = 60,
) -> None:
    """Print a widget token for development; in production your own server signs it.

    Example: `segue widget-token acme dana`
    """
    from api import token  # HTTP is slow to import; other commands do without.

    secret = settings.load().widget_secret
    if not secret:
        raise Invalid("set it to 32 bytes or more first", pointer="SEGUE_WIDGET_SECRET")
    print(token.issue(secret, account=account, sub=user, seconds=minutes * 60))
