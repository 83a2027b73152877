"""`segue slack`: the app's manifest, and the links that install it."""

import json
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Make the Slack app and install it.")


@app.command()
def manifest() -> None:
    """Print the manifest to paste into Slack ("Create an app", "From a manifest").

    Example: `SEGUE_PUBLIC_URL=https://segue.example.com segue slack manifest`
    """
    from bot.slack.manifest import manifest as made
    from segue import opening, settings

    context = opening.context_of(settings.load())
    print(json.dumps(made(context), indent=2, ensure_ascii=False))


@app.command()
def link(
    account: Annotated[str | None, typer.Argument(help="The account it is for.")] = None,
    home: Annotated[
        bool, typer.Option("--home", help="For your own workspace instead of an account's.")
    ] = False,
) -> None:
    """Print the link that installs the app for one account; it works once and for seven days.

    Example: `segue slack link acme`
    """
    from bot.slack.install import install_url
    from engine.errors import Invalid
    from segue import opening, settings
    from service import accounts

    if (account is None) is not home:
        raise Invalid("name an account, or say --home")
    context = opening.context_of(settings.load())
    if not context.public_url:
        raise Invalid("set it to the address Slack can open", pointer="SEGUE_PUBLIC_URL")
    if account is not None:
        with context.database.read() as session:
            accounts.known(session, account)
    print(install_url(context, account))
