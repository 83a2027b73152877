"""An answer to a command as a card: a title, paragraphs, pairs, small print, buttons. Pure."""

from bot.said import Said
from bot.teams.cards import command, facts, page, whole
from bot.teams.limits import Limit, size
from bot.teams.text import Element, block, label, small
from bot.teams.within import within
from bot.words import Words

LEAVE = "leave"


def shown(said: Said, words: Words, *, more: tuple[Element, ...] = ()) -> Element:
    """The card of an answer, within what one message holds. `more`: further buttons."""
    pairs = said.pairs[: Limit.PAIRS]
    while True:
        card = whole(_body(said, pairs), actions=[*_buttons(said, words), *more])
        if size(card) <= Limit.CARD_BYTES or not pairs:
            return within(card)
        pairs = pairs[: len(pairs) * 3 // 4]


def line(text: str) -> Element:
    """One line as a card."""
    return whole([block(text, Limit.LINE)])


def _body(said: Said, pairs: tuple[tuple[str, str], ...]) -> list[Element]:
    title = block(said.title, Limit.TITLE, size="Medium", weight="Bolder", style="heading")
    return [
        *([title] if said.title else []),
        *(block(text, Limit.BODY) for text in said.lines),
        *facts((value, name) for name, value in pairs),
        *(block(text, Limit.LINE, spacing="Small") for text in said.after),
        *(small(text, Limit.SMALL) for text in said.small),
    ]


def _buttons(said: Said, words: Words) -> list[Element]:
    opened = [one for one in (page(name, url) for name, url in said.links) if one is not None]
    if said.confirm is None:
        return opened
    yes = command(said.confirm.label, said.confirm.line, said.confirm.version)
    no = {
        "type": "Action.Execute",
        "title": label(words.say("leave_it"), Limit.BUTTON),
        "verb": LEAVE,
        "data": {"action": LEAVE},
    }
    return [*opened, yes, no]
