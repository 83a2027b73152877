"""`/segue policy`: a form with the settings that people change most, then what would change."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import changes, desk
from bot.policy_choices import CHOICES
from bot.slack import answer
from bot.slack.admin import Desk, actor
from bot.slack.blocks import context as small_print
from bot.slack.blocks import section
from bot.slack.limits import Limit
from bot.slack.submissions import Answer, listen_to
from bot.slack.text import Block, plain
from bot.words import Words, words_of
from engine.errors import Conflict, Invalid, SegueError
from service import policy_edit
from service.context import Context
from service.policy_edit import Edit, Key

FORM, SURE = "policy_form", "policy_sure"


async def open_for(client: AsyncWebClient, trigger: str, context: Context, words: Words) -> None:
    """Open at once, for the trigger lives three seconds; the settings follow."""
    opened: Any = await client.views_open(trigger_id=trigger, view=loading(words))
    known = await asyncio.to_thread(desk.common, context)
    version = (await asyncio.to_thread(context.policy)).version
    await client.views_update(view_id=opened["view"]["id"], view=form(known, version, words))


def listen(app: AsyncApp, place: Desk) -> None:
    """Take what the two forms send."""

    async def filled(body: dict[str, Any], client: AsyncWebClient) -> Answer:
        words = words_of(place.context)
        if not await place.admits(body["user"]["id"]):
            return _shown(said(words.say("not_admin"), words))
        wanted = _wanted(body["view"]["state"]["values"])
        try:
            edits = await asyncio.to_thread(policy_edit.propose_all, place.context, wanted)
        except Invalid as error:
            return {"response_action": "errors", "errors": _beside(error, wanted, words)}
        return _shown(sure(edits, words) if edits else said(words.say("policy_same"), words))

    async def agreed(body: dict[str, Any], client: AsyncWebClient) -> Answer:
        words, user = words_of(place.context), body["user"]["id"]
        if not await place.admits(user):
            return _shown(said(words.say("not_admin"), words))
        asked = json.loads(body["view"]["private_metadata"])
        by = actor(body["team"]["id"], user)
        try:
            edits = await asyncio.to_thread(
                policy_edit.apply_all,
                place.context,
                asked["changes"],
                version=asked["version"],
                by=by,
            )
        except Conflict:
            return _shown(said(words.say("changed_meanwhile"), words))
        except SegueError as error:
            return _shown(said(words.tell("refused", why=str(error)), words))
        return _shown(done(edits, words))

    listen_to(app, place.context, FORM, filled)
    listen_to(app, place.context, SURE, agreed)


def _shown(view: dict[str, Any]) -> Answer:
    return {"response_action": "update", "view": view}


def loading(words: Words) -> dict[str, Any]:
    """What is there until the settings come."""
    return said(words.say("policy_loading"), words)


def said(line: str, words: Words) -> dict[str, Any]:
    """One line, to be read and closed."""
    return _view(words, [section(line, "said")])


def form(known: list[Key], version: int, words: Words) -> dict[str, Any]:
    """Every setting as it stands."""
    shown = [section(words.say("policy_intro"), "intro"), *(_input(key, words) for key in known)]
    made = _view(words, shown, callback=FORM, submit="save")
    return {**made, "private_metadata": json.dumps({"version": version})}


def sure(edits: list[Edit], words: Words) -> dict[str, Any]:
    """What would change, before it does."""
    shown = [*_edits(edits, words, done=False)]
    line = words.say("policy_small", version=str(edits[0].version))
    shown.append(small_print([line], "small"))
    made = _view(words, shown, callback=SURE, submit="change_it")
    asked = {edit.path: policy_edit.shown(edit.after) for edit in edits}
    carried = {"changes": asked, "version": edits[0].version}
    return {**made, "private_metadata": json.dumps(carried, ensure_ascii=False)}


def done(edits: list[Edit], words: Words) -> dict[str, Any]:
    """What has changed."""
    head = section(words.say("policy_saved"), "saved")
    return _view(words, [head, *_edits(edits, words, done=True)])


def _edits(edits: list[Edit], words: Words, *, done: bool) -> list[Block]:
    """Each change with its before and after; what the whole makes odd is said once."""
    made: list[Block] = []
    for n, edit in enumerate(edits):
        shown = answer.shown(changes.edited(edit, words, done=done), words)
        made += [{**block, "block_id": f"{n}.{block['block_id']}"} for block in shown]
    return made[: Limit.BLOCKS_IN_VIEW - 2]


def _input(key: Key, words: Words) -> Block:
    label = words.say(f"key_{key.path.replace('.', '_')}")
    return {
        "type": "input",
        "block_id": key.path,
        "optional": False,
        "label": plain(label, Limit.LABEL),
        "hint": plain(key.path, Limit.LABEL),
        "element": _element(key, words),
    }


def _element(key: Key, words: Words) -> Block:
    """A choice where there are few values, else a line of text."""
    value = policy_edit.shown(key.value)
    if isinstance(key.value, bool):
        options = [_option("true", words.say("yes")), _option("false", words.say("no"))]
    elif key.path in CHOICES:
        options = [_option(v, words.say(f"{key.path}_{v}")) for v in CHOICES[key.path]]
    else:
        return {
            "type": "plain_text_input",
            "action_id": key.path,
            "initial_value": value,
            "max_length": 60,
        }
    chosen = next(option for option in options if option["value"] == value)
    return {
        "type": "static_select",
        "action_id": key.path,
        "options": options,
        "initial_option": chosen,
    }


def _option(value: str, label: str) -> Block:
    return {"text": plain(label, Limit.OPTION), "value": value}


def _wanted(values: Mapping[str, Any]) -> dict[str, str]:
    """What the form says, by key."""
    found = {}
    for path, block in values.items():
        element = block.get(path, {})
        chosen = element.get("selected_option")
        found[path] = str((chosen or {}).get("value") or element.get("value") or "")
    return found


def _beside(error: Invalid, wanted: Mapping[str, str], words: Words) -> dict[str, str]:
    """The refusal beside the setting it is about, else beside the first of its table."""
    problems = getattr(error, "problems", [(error.pointer, error.detail)])
    pointer, detail = problems[0]
    path = str(pointer).removeprefix("policy.")
    near = [w for w in wanted if w == path or w.startswith(path + ".") or path.startswith(w)]
    named = [w for w in near if w.rpartition(".")[2] in detail]
    place = next(iter((*named, *near, *wanted)))
    return {place: words.tell("refused", why=detail)}


def _view(
    words: Words, shown: list[Block], *, callback: str = "", submit: str = ""
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "modal",
        "title": plain(words.say("policy_title"), Limit.MODAL_TITLE),
        "close": plain(words.say("close"), Limit.MODAL_TITLE),
        "blocks": shown,
    }
    if callback:
        made |= {
            "callback_id": callback,
            "submit": plain(words.say(submit), Limit.MODAL_TITLE),
        }
    return made
