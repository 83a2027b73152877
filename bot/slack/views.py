"""Modals: whom to send the story to, and a question about a case. Pure."""

from typing import Any

from bot.refs import Ref
from bot.slack.blocks import section
from bot.slack.limits import Limit
from bot.slack.text import Block, plain
from bot.words import Words
from engine.snapshot import Role
from service.forward import NOTE_LENGTH
from templates.case_view import SAID

FORWARD, ASK = "forward", "question"
PERSON, ROLE, TEXT = "person", "role", "text"


def forward(ref: Ref, words: Words) -> dict[str, Any]:
    """Who gets the story, what they are to the account, and a line from the champion."""
    person = {
        "type": "users_select",
        "action_id": PERSON,
        "placeholder": plain(words.say("choose_person"), Limit.PLACEHOLDER),
    }
    options = [_option(role, words) for role in (Role.MANAGER, Role.FINANCE)]
    role = {
        "type": "radio_buttons",
        "action_id": ROLE,
        "options": options,
        "initial_option": options[0],
    }
    note = _text_input(NOTE_LENGTH)
    return _modal(
        FORWARD,
        ref,
        words,
        title="forward_title",
        submit="send",
        shown=[
            _input(PERSON, words.say("person"), person),
            _input(ROLE, words.say("their_role"), role),
            _input(TEXT, words.say("add_note"), note, hint=words.say("note_hint"), optional=True),
        ],
    )


def question(ref: Ref, words: Words) -> dict[str, Any]:
    """A question to the champion."""
    asked = _input(TEXT, words.say("question"), _text_input(SAID))
    return _modal(ASK, ref, words, title="question_title", submit="send", shown=[asked])


def said(line: str, words: Words) -> dict[str, Any]:
    """What became of it; only to be read and closed."""
    return shown(words.say("question_title"), [section(line, "said")], words)


def shown(title: str, blocks: list[Block], words: Words) -> dict[str, Any]:
    """Something to be looked at and closed."""
    return {
        "type": "modal",
        "title": plain(title, Limit.MODAL_TITLE),
        "close": plain(words.say("close"), Limit.MODAL_TITLE),
        "blocks": blocks[: Limit.BLOCKS_IN_VIEW],
    }


def _modal(
    name: str, ref: Ref, words: Words, *, title: str, submit: str, shown: list[Block]
) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": ref.value(),
        "title": plain(words.say(title), Limit.MODAL_TITLE),
        "submit": plain(words.say(submit), Limit.MODAL_TITLE),
        "close": plain(words.say("close"), Limit.MODAL_TITLE),
        "blocks": shown,
    }


def _input(
    name: str, label: str, element: Block, *, hint: str | None = None, optional: bool = False
) -> Block:
    shown: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, Limit.LABEL),
        "element": element,
        "optional": optional,
    }
    return {**shown, "hint": plain(hint, Limit.LABEL)} if hint else shown


def _text_input(longest: int) -> Block:
    return {
        "type": "plain_text_input",
        "action_id": TEXT,
        "multiline": True,
        "max_length": longest,
    }


def _option(role: Role, words: Words) -> Block:
    return {"text": plain(words.say(f"role_{role}"), Limit.OPTION), "value": role.value}
