"""`segue slack`: the app's manifest, and the links that install it."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.context import Context

app = typer.Typer(no_args_is_help=True, help="Make the Slack app and install it.")
admins = typer.Typer(
    no_args_is_help=True, help="Who may change things by /segue in your own workspace."
)
app.add_typer(admins, name="admin")
User = Annotated[str, typer.Argument(help="A member id, as Slack's profiles show it: U012ABC.")]


@app.command()
def manifest(
    socket: Annotated[
        bool, typer.Option("--socket", help="For Socket Mode: Slack need not reach this address.")
    ] = False,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Tokens expire after 12 hours and are renewed.")
    ] = False,
    why: Annotated[bool, typer.Option("--why", help="Say what each permission is for.")] = False,
) -> None:
    """Print the manifest to paste into Slack ("Create an app", "From a manifest").

    Example: `SEGUE_PUBLIC_URL=https://segue.example.com segue slack manifest`
    """
    from bot.slack.manifest import manifest as made
    from bot.slack.manifest import reasons
    from segue import opening, settings

    if why:
        for scope, reason in reasons().items():
            print(f"{scope:<18}{reason}")
        return
    context = opening.context_of(settings.load())
    print(json.dumps(made(context, socket=socket, rotate=rotate), indent=2, ensure_ascii=False))


@app.command()
def adopt(
    account: Annotated[str | None, typer.Argument(help="The account it is for.")] = None,
    home: Annotated[
        bool, typer.Option("--home", help="For your own workspace instead of an account's.")
    ] = False,
) -> None:
    """Keep the bot token of an app you installed in Slack itself; it is read from standard input.

    Example: `segue slack adopt --home < bot-token.txt`
    """
    import asyncio

    from bot.slack.adopt import adopt as adopted
    from bot.slack.tokens import Tokens
    from segue import settings

    told = settings.load()
    context = _for(account, home)
    tokens = Tokens(context, api_url=told.slack_api_url)
    found = asyncio.run(adopted(context, tokens, sys.stdin.readline().strip(), account))
    print(f"The app answers in {found.name or found.team} ({found.team}).")


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

    context = _for(account, home)
    if not context.public_url:
        raise Invalid("set it to the address Slack can open", pointer="SEGUE_PUBLIC_URL")
    print(install_url(context, account))


def _for(account: str | None, home: bool) -> "Context":
    """The context, once it is said whose workspace is meant."""
    from engine.errors import Invalid
    from segue import opening, settings
    from service import accounts

    if (account is None) is not home:
        raise Invalid("name an account, or say --home")
    context = opening.context_of(settings.load())
    if account is not None:
        with context.database.read() as session:
            accounts.known(session, account)
    return context


@admins.command()
def add(user: User) -> None:
    """Let a member of your own workspace change things; being its admin alone is not enough.

    Example: `segue slack admin add U012ABC`
    """
    from segue import opening, settings
    from service import chat_admins

    chat_admins.add(opening.context_of(settings.load()), user, by="command line")
    print(f"{user} is an admin.")


@admins.command()
def remove(user: User) -> None:
    """Take the role back.

    Example: `segue slack admin remove U012ABC`
    """
    from segue import opening, settings
    from service import chat_admins

    told = settings.load()
    chat_admins.remove(opening.context_of(told), user, by="command line")
    still = " still, by SEGUE_SLACK_ADMINS" if user in told.slack_admins else " no more"
    print(f"{user} is an admin{still}.")


@admins.command("list")
def listing() -> None:
    """List who may change things, and who let them in.

    Example: `segue slack admin list`
    """
    from segue import opening, settings
    from service import chat_admins

    told = settings.load()
    for name in told.slack_admins:
        print(f"{name}  named in SEGUE_SLACK_ADMINS")
    for one in chat_admins.every(opening.context_of(told)):
        print(f"{one.user}  added {one.added_at:%Y-%m-%d %H:%M} by {one.added_by}")
