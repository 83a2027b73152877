"""What an error is called where somebody reads it: what happened, and what helps."""

from bot.grammar import Command
from bot.said import Said
from bot.words import Words
from engine.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    SegueError,
    TooMany,
    Unauthorized,
)
from service.policy_edit import UnknownKey

_LABELS: tuple[tuple[type[Exception], str], ...] = (
    (Unauthorized, "unknown_person"),
    (Forbidden, "not_yours"),
    (TooMany, "too_many"),
    (Invalid, "stale"),
    (Gone, "over"),
    (Conflict, "over"),
    (NotFound, "gone"),
)


def sorry(error: Exception, words: Words) -> str:
    """What to say about an error: what happened and what helps."""
    if isinstance(error, Invalid) and error.pointer == "/note":
        return words.say("note_refused")
    if isinstance(error, Invalid) and error.pointer == "/alert":
        return words.say("not_forwarded")
    for kind, label in _LABELS:
        if isinstance(error, kind):
            return words.say(label)
    return words.say("failed")


def sorry_desk(error: SegueError, command: Command, words: Words) -> Said:
    """The same for admins: with the reason in full."""
    match error:
        case UnknownKey():
            lines = [words.say("no_key", key=error.name)]
            if error.near:
                lines.append(words.tell("did_you_mean_one", known=", ".join(error.near)))
            return Said(lines=tuple(lines))
        case NotFound() if command.account is not None:
            label = "nothing_decided" if "decided" in str(error) else "no_account"
            return Said(lines=(words.say(label, account=command.account),))
        case Conflict() if command.verb.name == "pause":
            return Said(lines=(words.say("paused_already"),))
        case Conflict() if command.verb.name == "simulate":
            return Said(lines=(words.say("simulate_under_way"),))
        case Invalid() if command.verb.name == "simulate":
            return Said(lines=(words.say("simulate_days"),))
        case Conflict() if "by now" in str(error):
            return Said(lines=(words.say("changed_meanwhile"),))
        case Invalid() | Conflict() | NotFound():
            return Said(lines=tuple(words.tell("refused", why=w) for w in reasons(error)))
        case _:
            return Said(lines=(sorry(error, words),))


def reasons(error: SegueError) -> list[str]:
    """Everything that is wrong, each with its field."""
    return [line for line in str(error).splitlines() if line][:5] or [type(error).__name__]
