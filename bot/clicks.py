"""What buttons of a message ask for, and what comes of it: the same in every chat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.refs import Ref
from bot.words import Words
from engine.alert import FeedbackKind
from service import answer, feedback, forward, withdraw
from service.context import Context
from service.secrets import hashed


class Click(StrEnum):
    """What was clicked; several buttons of one kind end in a number."""

    SEND = "send"
    CHOOSE = "choose"
    PREVIEW = "preview"
    UNDO_FORWARD = "undo_forward"
    WITHDRAW = "withdraw"
    USEFUL = "useful"
    NOT_NOW = "not_now"
    NEVER = "never"
    UNDO_ANSWER = "undo_answer"
    QUESTION = "question"
    DECLINE = "decline"
    LINK = "link"


_ANSWERS = {
    Click.USEFUL: FeedbackKind.USEFUL,
    Click.NOT_NOW: FeedbackKind.SNOOZED,
    Click.NEVER: FeedbackKind.MUTED,
}


def click_of(name: str) -> Click:
    """Which click a button's name means.

    Raises:
        ValueError: none.
    """
    return Click(name.partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One click by an identified person; `id` is the same however often it is delivered."""

    context: Context
    words: Words
    click: Click
    ref: Ref
    person: str
    id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What to say about it, if anything, and what takes it back while that is possible.

    `closes`: the message itself is answered, and shows `line` instead of its buttons.
    """

    line: str = ""
    undo: Ref | None = None
    closes: bool = False


def press(one: Press) -> Pressed:
    """Do what a button asks for, unless it opens a form.

    Raises:
        SegueError: it can't be done; `bot.sorry` has words for each.
    """
    return _ACTS[one.click](one)


def opens(click: Click) -> bool:
    """Whether a click opens a form or a page instead of doing something."""
    return click not in _ACTS


def ask(context: Context, ref: Ref, person: str, text: str, form: str) -> None:
    """A question to the champion: once, however often the same words are sent from one `form`.

    Raises:
        SegueError: there is no such case, or it is settled.
    """
    answer.answer(
        context,
        account=ref.account,
        case=ref.case,
        kind="question",
        text=text,
        by=person,
        id="question_" + hashed(f"{form} {text}")[:20],
    )


def _send(one: Press) -> Pressed:
    """The card's next state comes from the outbox, like every other change of it."""
    state = forward.start(
        one.context,
        account=one.ref.account,
        alert=one.ref.alert,
        champion=one.person,
        to=one.ref.to,
    )
    if state.state == "draft":
        return Pressed(line=one.words.say("unreachable", name=state.to_name))
    return Pressed()


def _undo_forward(one: Press) -> Pressed:
    undone = forward.undo(
        one.context, account=one.ref.account, forward=one.ref.forward, person=one.person
    )
    return Pressed() if undone else Pressed(line=one.words.say("too_late"))


def _withdraw(one: Press) -> Pressed:
    """The link opens nothing from now on; the message goes where the chat lets it."""
    withdrawn = withdraw.withdraw(
        one.context, account=one.ref.account, forward=one.ref.forward, person=one.person
    )
    return Pressed(line=one.words.say("withdrawn_may_be_read" if withdrawn else "over"))


def _answer(one: Press) -> Pressed:
    """Noted, with a way to take it back while that is possible."""
    kind = _ANSWERS[one.click]
    result = feedback.record(
        one.context,
        id=one.id,
        account=one.ref.account,
        alert=one.ref.alert,
        person=one.person,
        kind=kind,
        channel=one.channel,
    )
    line = one.words.answered(kind, result.returns, one.context.clock.now().date())
    undo = Ref(account=one.ref.account, alert=one.ref.alert, case=one.ref.case, feedback=one.id)
    return Pressed(line=line, undo=undo)


def _undo_answer(one: Press) -> Pressed:
    undone = feedback.undo(
        one.context, account=one.ref.account, id=one.ref.feedback, person=one.person
    )
    line = one.words.answered("undone") if undone else one.words.say("too_late")
    return Pressed(line=line)


def _decline(one: Press) -> Pressed:
    """Recorded with the case; the message keeps its link and loses its buttons."""
    answer.answer(
        one.context,
        account=one.ref.account,
        case=one.ref.case,
        kind="decline",
        id=one.id,
        by=one.person,
    )
    return Pressed(line=one.words.answered("declined"), closes=True)


_ACTS: Mapping[Click, Callable[[Press], Pressed]] = {
    Click.SEND: _send,
    Click.UNDO_FORWARD: _undo_forward,
    Click.WITHDRAW: _withdraw,
    Click.USEFUL: _answer,
    Click.NOT_NOW: _answer,
    Click.NEVER: _answer,
    Click.UNDO_ANSWER: _undo_answer,
    Click.DECLINE: _decline,
}
