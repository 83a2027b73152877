"""The app in the message box: a summary put into a message, and what a link of ours shows."""

import asyncio
from typing import Any

import httpx

from bot import posted
from bot.card import told
from bot.posted import Shown
from bot.sorry import sorry
from bot.teams import cards, fields, forms
from bot.teams.caller import Caller, Desk, identify
from bot.teams.dialogs import Shown as Dialog
from bot.teams.dialogs import data_of, task
from bot.teams.incoming import Incoming
from bot.teams.limits import Limit
from bot.teams.text import Element, block, label, literal, small
from bot.words import TEAMS, Words, message_of, words_of
from engine.errors import Invalid, SegueError
from service import by_hand, previewed
from service.context import Context

INSERT = "insert"
Answer = dict[str, Any]


async def asked(desk: Desk, incoming: Incoming) -> Answer:
    """What the message box asked for."""
    words = words_of(desk.context, TEAMS)
    try:
        match incoming.name.partition("/")[2]:
            case "fetchTask":
                caller = await identify(desk, incoming)
                form = await asyncio.to_thread(_form, desk.context, caller, words)
                return task(Dialog(words.say("insert_title"), form))
            case "submitAction":
                caller = await identify(desk, incoming)
                person = forms.field_of(data_of(incoming), forms.PERSON)
                made = await asyncio.to_thread(_inserted, desk.context, caller, person, words)
                return _result(*made)
            case "queryLink":
                return await asyncio.to_thread(_unfurled, desk.context, incoming, words)
            case "anonymousQueryLink":
                return await asyncio.to_thread(_for_anybody, desk.context, incoming, words)
    except httpx.HTTPError:
        return task(Dialog("", line=words.say("failed")))
    except SegueError as error:
        return task(Dialog("", line=sorry(error, words)))
    return {"composeExtension": {"type": "result", "attachments": []}}


def _form(context: Context, caller: Caller, words: Words) -> Element:
    """Who will read it: a link is made for one person."""
    if previewed.newest(context, account=caller.account, person=caller.person) is None:
        return cards.whole([block(words.say("nothing_to_forward"), Limit.LINE)])
    known = forms.everybody(context, caller)
    if not known:
        return cards.whole([block(words.say("approvers_none"), Limit.LINE)])
    who = fields.choices(
        forms.PERSON, words.say("insert_who"), known, needed=words.say("insert_who")
    )
    body = [who, small(words.say("insert_note"), Limit.LINE)]
    return cards.whole(body, actions=[fields.send(words.say("submit"), INSERT)])


def _inserted(context: Context, caller: Caller, person: str, words: Words) -> tuple[Element, Shown]:
    """The story with its link, for the one who will read it; the champion sends it themselves."""
    alert = previewed.newest(context, account=caller.account, person=caller.person)
    if alert is None or not person:
        raise Invalid("there is nothing to pass on", pointer="/alert")
    made = by_hand.story(
        context, account=caller.account, alert=alert, champion=caller.person, to=person
    )
    text = message_of(made)
    story = told(made, text, words)
    body = cards.told(story)
    url = {
        "type": "Action.OpenUrl",
        "title": label(words.say("open_case"), Limit.BUTTON),
        "url": made.case_url or "",
    }
    return cards.whole(body, actions=[url]), Shown(story.title, words.say("insert_made"))


def _unfurled(context: Context, incoming: Incoming, words: Words) -> Answer:
    """A link to a case of the organisation's own account; nothing of any other."""
    url = str(incoming.value.get("url") or "")
    shown = posted.shown(context, url, words, channel=TEAMS, team=incoming.tenant)
    return _linked(shown, url, words)


def _for_anybody(context: Context, incoming: Incoming, words: Words) -> Answer:
    """Where the app is not installed nobody is known: what any link of ours says."""
    url = str(incoming.value.get("url") or "")
    shown = posted.said(context, words) if posted.is_ours(context, url) else None
    return _linked(shown, url, words)


def _linked(shown: Shown | None, url: str, words: Words) -> Answer:
    if shown is None:
        return {"composeExtension": {"type": "result", "attachments": []}}
    body = [
        block(shown.title, Limit.TITLE, weight="Bolder"),
        small(shown.body, Limit.LINE),
    ]
    opens = {"type": "Action.OpenUrl", "title": label(words.say("open_case"), Limit.BUTTON)}
    card = cards.whole(body, version=cards.UNFURLED, actions=[{**opens, "url": url}])
    return _result(card, shown)


def _result(card: Element, shown: Shown) -> Answer:
    preview = {
        "contentType": "application/vnd.microsoft.card.thumbnail",
        "content": {
            "title": literal(shown.title, Limit.TITLE),  # These are read as HTML.
            "text": literal(shown.body, Limit.LINE),
        },
    }
    found = {**cards.attachment(card), "preview": preview}
    return {
        "composeExtension": {
            "type": "result",
            "attachmentLayout": "list",
            "attachments": [found],
        }
    }
