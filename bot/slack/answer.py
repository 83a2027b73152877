"""An answer to a command as blocks: a title, paragraphs, pairs, small print, buttons. Pure."""

import json
from urllib.parse import urlsplit

from bot.fit import fit, length
from bot.said import Confirm, Said
from bot.slack import blocks
from bot.slack.limits import Limit
from bot.slack.text import Block, pair, plain
from bot.waiting import Waiting
from bot.words import Words

YES, NO = "desk.yes", "desk.no"
_WIDE = 70
"""Characters of a value that reads badly in half a line."""
_MOST = Limit.BLOCKS_IN_MESSAGE - 8


def shown(said: Said, words: Words) -> list[Block]:
    """The blocks of an answer, within what one message holds."""
    tail = [
        *([blocks.context(list(said.small), "small")] if said.small else []),
        *_buttons(said, words),
    ]
    room = Limit.MESSAGE_BLOCKS - _size(tail)
    found: list[Block] = [blocks.header(said.title)] if said.title else []
    room -= _size(found)
    for block in [
        *(blocks.section(line, f"line.{n}") for n, line in enumerate(said.lines)),
        *_pairs(said.pairs),
        *(blocks.section(line, f"after.{n}") for n, line in enumerate(said.after)),
    ]:
        room -= _size([block])
        if len(found) >= _MOST or room < 0:
            break
        found.append(block)
    return [*found, *tail]


def text_of(said: Said) -> str:
    """All of it as plain lines."""
    return fit(said.text, Limit.TEXT)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> list[Block]:
    """Pairs of a label and its value: two in a line where both are short."""
    wide = any(length(value) > _WIDE for _, value in pairs)
    per = 1 if wide and len(pairs) <= _MOST // 2 else Limit.FIELDS
    rows = [pairs[i : i + per] for i in range(0, len(pairs), per)]
    return [
        {
            "type": "section",
            "block_id": f"pairs.{n}",
            **(
                {"text": pair(row[0][0], row[0][1], Limit.SECTION)}
                if len(row) == 1
                else {"fields": [pair(label, value, Limit.FIELD) for label, value in row]}
            ),
        }
        for n, row in enumerate(rows)
    ]


def _buttons(said: Said, words: Words) -> list[Block]:
    elements = [_link(n, label, url) for n, (label, url) in enumerate(said.links) if _opens(url)]
    if said.confirm is not None:
        elements += _yes_or_no(said.confirm, words)
    if not elements:
        return []
    return [{"type": "actions", "block_id": "choices", "elements": elements}]


def _yes_or_no(confirm: Confirm, words: Words) -> list[Block]:
    carried = Waiting(line=confirm.line, version=confirm.version).value()
    return [
        {
            "type": "button",
            "action_id": name,
            "text": plain(label, Limit.BUTTON),
            "value": carried,
        }
        for name, label in ((YES, confirm.label), (NO, words.say("leave_it")))
    ]


def _link(n: int, label: str, url: str) -> Block:
    text = plain(fit(label, Limit.BUTTON_SHOWN + 10), Limit.BUTTON)
    return {"type": "button", "action_id": f"link.{n}", "text": text, "url": url}


def _opens(url: str) -> bool:
    return len(url) <= Limit.URL and urlsplit(url).scheme in ("https", "http")


def _size(shown: list[Block]) -> int:
    return length(json.dumps(shown, ensure_ascii=False))
