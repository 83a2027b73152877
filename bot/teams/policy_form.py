"""The form with the settings that people change most, then what would change, then that it has."""

import json
from collections.abc import Mapping
from typing import Any

from bot import changes, desk
from bot.policy_choices import CHOICES
from bot.said import Said
from bot.teams import cards, fields, said
from bot.teams.limits import Limit
from bot.teams.text import Element, block, small
from bot.words import Words
from engine.errors import Conflict, Invalid, SegueError
from service import policy_edit
from service.context import Context
from service.policy_edit import Edit, Key

POLICY, POLICY_SURE = "policy", "policy_sure"
_LONGEST = 60


def policy(context: Context, data: Mapping[str, Any], by: str, words: Words) -> Element:
    """Every setting as it stands."""
    return _form(context, words)


def proposed(context: Context, data: Mapping[str, Any], by: str, words: Words) -> Element:
    """What would change, before it does; the form again where something is wrong."""
    known = desk.common(context)
    wanted = {key.path: str(data.get(key.path) or "") for key in known}
    try:
        edits = policy_edit.propose_all(context, wanted)
    except Invalid as error:
        problems = getattr(error, "problems", [(error.pointer, error.detail)])
        wrong = words.tell("refused", why=f"{problems[0][0]}: {problems[0][1]}")
        return _form(context, words, wrong=wrong, wanted=wanted)
    if not edits:
        return said.line(words.say("policy_same"))
    version = edits[0].version
    body = [*_edits(edits, words, done=False)]
    body.append(small(words.say("policy_small", version=str(version)), Limit.LINE))
    asked = json.dumps({edit.path: policy_edit.shown(edit.after) for edit in edits})
    send = fields.send(words.say("change_it"), POLICY_SURE, changes=asked, version=version)
    return cards.whole(body, actions=[send])


def agreed(context: Context, data: Mapping[str, Any], by: str, words: Words) -> Element:
    """What has changed."""
    try:
        wanted, version = json.loads(str(data.get("changes"))), int(data.get("version") or 0)
        if not isinstance(wanted, dict):
            raise TypeError
        edits = policy_edit.apply_all(context, wanted, version=version, by=by)
    except Conflict:
        return said.line(words.say("changed_meanwhile"))
    except (ValueError, TypeError, RecursionError):
        return said.line(words.say("stale"))
    except SegueError as error:
        return said.line(words.tell("refused", why=str(error)))
    return cards.whole(
        [block(words.say("policy_saved"), Limit.LINE), *_edits(edits, words, done=True)]
    )


def _form(
    context: Context,
    words: Words,
    *,
    wrong: str = "",
    wanted: Mapping[str, str] | None = None,
) -> Element:
    known = desk.common(context)
    body = [block(words.say("policy_intro"), Limit.LINE)]
    if wrong:
        body.insert(0, block(wrong, Limit.LINE, color="Attention", weight="Bolder"))
    body += [_field(key, words, (wanted or {}).get(key.path)) for key in known]
    return cards.whole(body, actions=[fields.send(words.say("save"), POLICY)])


def _field(key: Key, words: Words, held: str | None) -> Element:
    """A choice where there are few values, else a line of text."""
    name = words.say(f"key_{key.path.replace('.', '_')}")
    title = f"{name} ({key.path})"
    value = held or policy_edit.shown(key.value)
    if isinstance(key.value, bool):
        of = [(words.say("yes"), "true"), (words.say("no"), "false")]
    elif key.path in CHOICES:
        of = [(words.say(f"{key.path}_{v}"), v) for v in CHOICES[key.path]]
    else:
        return fields.text(key.path, title, _LONGEST, value=value)
    return fields.choices(key.path, title, of, value=value)


def _edits(edits: list[Edit], words: Words, *, done: bool) -> list[Element]:
    """Each change with its before and after."""
    made: list[Element] = []
    for edit in edits:
        found: Said = changes.edited(edit, words, done=done)
        made += said.shown(found, words)["body"]
    return made
