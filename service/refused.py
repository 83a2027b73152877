"""What the page of a case says of a form that was not taken; what was typed is not lost."""

from collections.abc import Mapping

from engine.errors import Gone, Invalid, SegueError
from templates.case_view import NAMED, SAID, Refusal, Refused

_MOST = {"text": SAID, "name": NAMED}


def refused(form: str, error: SegueError, typed: Mapping[str, str]) -> Refused:
    """Why it was not taken, and which part of it is to be changed."""
    if isinstance(error, Gone):
        return Refused(form=form, why=Refusal.OVER, typed=typed)
    if not isinstance(error, Invalid) or error.code not in set(Refusal):
        return Refused(form=form, why=Refusal.NOT_NOW, typed=typed)
    part = error.pointer.removeprefix("/")
    most = _MOST.get(part) if error.code == Refusal.TOO_LONG else None
    return Refused(form=form, why=Refusal(error.code), part=part, most=most, typed=typed)
