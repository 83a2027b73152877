"""Fields of a dialog. Pure."""

from collections.abc import Sequence

from bot.teams.limits import Limit
from bot.teams.text import Element, label, sound

Choice = tuple[str, str]
"""What is shown, and what is sent."""


def choices(
    name: str,
    text: str,
    of: Sequence[Choice],
    *,
    value: str = "",
    hint: str = "",
    needed: str = "",
) -> Element:
    """One of several; `needed`: what is said where nothing is chosen."""
    shown = [
        {"title": label(title, Limit.FACT), "value": sent} for title, sent in of[: Limit.CHOICES]
    ]
    made: Element = {
        "type": "Input.ChoiceSet",
        "id": name,
        "label": label(text, Limit.FACT),
        "style": "compact",
        "choices": shown,
    }
    return _filled(made, value, hint, needed)


def text(
    name: str,
    title: str,
    longest: int,
    *,
    value: str = "",
    hint: str = "",
    needed: str = "",
    lines: bool = False,
    style: str = "Text",
) -> Element:
    """A line of text, or several."""
    made: Element = {
        "type": "Input.Text",
        "id": name,
        "label": label(title, Limit.FACT),
        "maxLength": longest,
        "isMultiline": lines,
        "style": style,
    }
    return _filled(made, sound(value, longest), hint, needed)


def send(text: str, name: str, **carried: str | int) -> Element:
    """The button that sends a dialog off."""
    data = {"action": "sent", "name": name, **carried}
    return {"type": "Action.Submit", "title": label(text, Limit.BUTTON), "data": data}


def _filled(made: Element, value: str, hint: str, needed: str) -> Element:
    if value:
        made["value"] = value
    if hint:
        made["placeholder"] = label(hint, Limit.FACT)
    if needed:
        made |= {"isRequired": True, "errorMessage": label(needed, Limit.FACT)}
    return made
