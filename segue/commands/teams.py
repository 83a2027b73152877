"""`segue teams`: the app package, and the codes that link organisations."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from segue.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Make the Teams app and link organisations to it.")
admins = typer.Typer(
    no_args_is_help=True, help="Who may change things in your own organisation's Teams."
)
app.add_typer(admins, name="admin")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Member = Annotated[
    str, typer.Argument(help="The object id of a user, as Entra shows it: 7f1c2d3e-0000-...")
]


@app.command()
def manifest(
    out: Annotated[Path, typer.Option("--out", help="Where to write the package.")] = Path(
        "segue-teams.zip"
    ),
    website: Annotated[
        str | None, typer.Option("--website", help="Your website; default: this deployment.")
    ] = None,
    privacy: Annotated[
        str | None, typer.Option("--privacy", help="Your privacy page; default: the website.")
    ] = None,
    terms: Annotated[
        str | None, typer.Option("--terms", help="Your terms of use; default: the website.")
    ] = None,
) -> None:
    """Write the app package (manifest and icons) that an admin of Teams uploads.

    Example: `SEGUE_PUBLIC_URL=https://segue.example.com segue teams manifest --out app.zip`
    """
    from bot.teams.manifest import package
    from segue import opening, settings

    told = settings.load()
    context = opening.context_of(told)
    app_id = _app_id(told)
    made = package(context, app_id, website=website, privacy=privacy, terms=terms)
    out.write_bytes(made)
    print(f"{out}: upload it in the Teams admin center, or in Teams under Apps, Manage your apps.")


@app.command()
def link(
    account: Annotated[str | None, typer.Argument(help="The account it is for.")] = None,
    home: Annotated[
        bool, typer.Option("--home", help="For your own organisation instead of an account's.")
    ] = False,
) -> None:
    """Print the code that links an organisation to one account; it works once, for seven days.

    Example: `segue teams link acme`
    """
    from bot.teams.links import code_link
    from engine.errors import Invalid
    from segue import opening, settings
    from service import rooms

    if (account is None) is not home:
        raise Invalid("name an account, or say --home")
    told = settings.load()
    code = rooms.code(opening.context_of(told), account)
    print("Somebody of the organisation writes this to the app in Teams:\n")
    print(f"link {code}\n")
    if told.teams_client_id:
        print(f"Or opens this and presses send:\n\n{code_link(told.teams_client_id, code)}")


@app.command()
def unlink(
    tenant: Annotated[
        str, typer.Argument(help="The id of the organisation's tenant, as `segue doctor` shows it.")
    ],
) -> None:
    """Take an organisation from its account, where it was linked to the wrong one or has left.

    Example: `segue teams unlink 2b7c1d3e-0000-4a5b-8c9d-0123456789ab`
    """
    from segue import opening, settings
    from service import rooms

    context = opening.context_of(settings.load())
    was = rooms.unbind(context, "teams", tenant, by="command line")
    whose = "your own organisation" if was.account is None else was.account
    print(f"{tenant} was linked to {whose}, and is linked to none now.")


@admins.command()
def add(member: Member) -> None:
    """Let a member of your own organisation change things; being its admin alone is not enough.

    Example: `segue teams admin add 7f1c2d3e-0000-4a5b-8c9d-0123456789ab`
    """
    from segue import opening, settings
    from service import chat_admins

    context = opening.context_of(settings.load())
    chat_admins.add(context, member.lower(), by="command line", chat="teams")
    print(f"{member} is an admin.")


@admins.command()
def remove(member: Member) -> None:
    """Take the role back.

    Example: `segue teams admin remove 7f1c2d3e-0000-4a5b-8c9d-0123456789ab`
    """
    from segue import opening, settings
    from service import chat_admins

    told = settings.load()
    context = opening.context_of(told)
    chat_admins.remove(context, member.lower(), by="command line", chat="teams")
    named = {one.lower() for one in told.teams_admins}
    still = " still, by SEGUE_TEAMS_ADMINS" if member.lower() in named else " no more"
    print(f"{member} is an admin{still}.")


@admins.command("list")
def listing() -> None:
    """List who may change things, and who let them in.

    Example: `segue teams admin list`
    """
    from segue import opening, settings
    from service import chat_admins

    told = settings.load()
    for name in told.teams_admins:
        print(f"{name}  named in SEGUE_TEAMS_ADMINS")
    for one in chat_admins.every(opening.context_of(told), chat="teams"):
        print(f"{one.user}  added {one.added_at:%Y-%m-%d %H:%M} by {one.added_by}")


def _app_id(told: "Settings") -> str:
    from engine.errors import Invalid

    found = (told.teams_client_id or "").strip().lower()
    if not _ID.fullmatch(found):
        raise Invalid(
            "set it to the application id of the bot's registration: 7f1c2d3e-0000-...",
            pointer="SEGUE_TEAMS_CLIENT_ID",
        )
    return found
