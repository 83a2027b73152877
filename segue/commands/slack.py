"""`segue slack`: the app's manifest, and the links that install it."""

import json
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Make the Slack app and install it.")
admins = typer.Typer(
    no_args_is_help=True, help="Who may change things by /segue in your own workspace."
)
app.add_typer(admins, name="admin")
User = Annotated[str, typer.Argument(help="A member id, as Slack's profiles show it: U012ABC.")]


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


@admins.command()
def add(user: User) -> None:
    """Let a member of your own workspace change things; being its admin alone is not enough.

    Example: `segue slack admin add U012ABC`
    """
    from segue import opening, settings
    from service import slack_admins

    slack_admins.add(opening.context_of(settings.load()), user, by="command line")
    print(f"{user} is an admin.")


@admins.command()
def remove(user: User) -> None:
    """Take the role back.

    Example: `segue slack admin remove U012ABC`
    """
    from segue import opening, settings
    from service import slack_admins

    told = settings.load()
    slack_admins.remove(opening.context_of(told), user, by="command line")
    still = " still, by SEGUE_SLACK_ADMINS" if user in told.slack_admins else " no more"
    print(f"{user} is an admin{still}.")


@admins.command("list")
def listing() -> None:
    """List who may change things, and who let them in.

    Example: `segue slack admin list`
    """
    from segue import opening, settings
    from service import slack_admins

    told = settings.load()
    for name in told.slack_admins:
        print(f"{name}  named in SEGUE_SLACK_ADMINS")
    for one in slack_admins.every(opening.context_of(told)):
        print(f"{one.user}  added {one.added_at:%Y-%m-%d %H:%M} by {one.added_by}")
