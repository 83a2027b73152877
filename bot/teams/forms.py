"""What stands in each dialog, and what it does once it is sent off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.card import card, forwarded
from bot.clicks import Click
from bot.customer import known_lines
from bot.looking import of_whom
from bot.refs import Ref
from bot.sorry import sorry
from bot.teams import cards, fields
from bot.teams.caller import Caller
from bot.teams.limits import Limit
from bot.teams.text import Element, block, label, small
from bot.words import TEAMS, Words
from engine.errors import Forbidden, Invalid, NotFound, SegueError
from engine.snapshot import Person, Role
from service import champion, drafts, forward, people, previewed, recipients
from service.channel import ForwardState
from service.context import Context
from service.forward import NOTE_LENGTH
from service.people import APPROVERS, display
from templates.case_view import SAID

PASS_ON = "pass_on"  # noqa: S105  (a name, not a secret)
PERSON, EMAIL, ROLE, NOTE, TEXT = "person", "email", "role", "note", "text"
_EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a story is to go to: somebody of the account, or an address with what they decide."""

    person: str
    email: str
    role: str
    note: str = ""


def pass_on(
    context: Context,
    caller: Caller,
    ref: Ref,
    words: Words,
    *,
    wrong: str = "",
    wanted: Wanted | None = None,
) -> Element:
    """Whom to send the story to, a line to add, and exactly what a manager would get."""
    held = wanted or Wanted("", "", Role.MANAGER)
    shown = previewed.forward(
        context, account=ref.account, alert=ref.alert, champion=caller.person, role=Role.MANAGER
    )
    preview = cards.still(cards.message(forwarded(shown, TEAMS)))["body"]
    roles = [(words.say(f"role_{role}"), str(role)) for role in APPROVERS]
    body = [
        *_wrong(wrong),
        *_people(context, caller, words, PERSON, words.say("choose_person_teams"), held.person),
        fields.text(
            EMAIL,
            words.say("email"),
            _EMAIL_LENGTH,
            value=held.email,
            hint=words.say("email_hint"),
            style="Email",
        ),
        fields.choices(ROLE, words.say("their_role"), roles, value=held.role),
        fields.text(
            NOTE,
            words.say("add_note"),
            NOTE_LENGTH,
            value=held.note,
            hint=words.say("note_hint"),
            lines=True,
        ),
        small(words.say("preview_manager"), Limit.LINE, separator=True),
        {"type": "Container", "style": "emphasis", "items": preview},
    ]
    send = fields.send(words.say("send"), PASS_ON, ref=ref.value())
    return cards.whole(body, actions=[send])


def send_on(
    context: Context, caller: Caller, ref: Ref, wanted: Wanted, words: Words
) -> tuple[Element | None, str]:
    """Start the forward: the form again where something is wrong with it, else what is said."""
    try:
        state = _start(context, caller, ref, wanted)
    except Forbidden:
        wrong = words.say("email_hint")
    except SegueError as error:
        known = {"yourself": "yourself", "nobody": "outsider"}
        wrong = sorry(error, words)
        if isinstance(error, Invalid) and error.code in known:
            wrong = words.say(known[error.code])
    else:
        if state.state == "draft":
            return _by_hand(context, caller, state, words), ""
        label_of = "without_note" if state.without_note else "sending_to"
        return None, words.say(label_of, name=state.to_name)
    return pass_on(context, caller, ref, words, wrong=wrong, wanted=wanted), ""


def previews(context: Context, caller: Caller, ref: Ref, words: Words) -> Element:
    """Exactly what each approver would get, one below the other; nothing is sent from here."""
    found = previewed.everyone(
        context, account=ref.account, alert=ref.alert, champion=caller.person
    )
    body: list[Element] = [small(words.say("preview_looked_at"), Limit.LINE)]
    for outgoing in found:
        shown = cards.still(cards.message(card(outgoing, TEAMS)))["body"]
        body += [
            small(of_whom(outgoing, words), Limit.LINE, separator=True),
            {"type": "Container", "style": "emphasis", "items": shown},
        ]
    return cards.whole(body)


def question(ref: Ref, words: Words) -> Element:
    """A question to the champion."""
    needed = words.say("question")
    asked = fields.text(TEXT, words.say("question"), SAID, lines=True, needed=needed)
    send = fields.send(words.say("send"), Click.QUESTION, ref=ref.value())
    return cards.whole([asked], actions=[send])


def approvers(
    context: Context,
    caller: Caller,
    words: Words,
    *,
    wrong: str = "",
    wanted: Mapping[str, str] | None = None,
) -> Element:
    """One field for each role; who is known stands in it."""
    known = recipients.known(context, account=caller.account, person=caller.person)
    by_role = {one.role: one.id for one in reversed(known)} | dict(wanted or {})
    lines = known_lines(known, words) or [words.say("approvers_none")]
    body = [*_wrong(wrong), *(block(line, Limit.LINE) for line in lines)]
    for role in APPROVERS:
        title = words.say(f"approver_{role}")
        body += _people(context, caller, words, role, title, by_role.get(role, ""))
        body.append(
            fields.text(
                f"{role}_{EMAIL}",
                words.say("email"),
                _EMAIL_LENGTH,
                value=(wanted or {}).get(f"{role}_{EMAIL}", ""),
                hint=words.say(f"approver_hint_{role}"),
                style="Email",
            )
        )
    return cards.whole(body, actions=[fields.send(words.say("send"), "approvers")])


def name_approvers(
    context: Context, caller: Caller, wanted: Mapping[str, str], words: Words
) -> Element | None:
    """Remember who was named: the form again where something is wrong with it."""
    try:
        for role in APPROVERS:
            person, email = wanted.get(role, ""), wanted.get(f"{role}_{EMAIL}", "")
            if person == caller.person:
                raise Invalid("choose somebody else", pointer="/to", code="yourself")
            if person or email:
                _name(context, caller, role, person, email)
    except Forbidden:
        wrong = words.say("email_hint")
    except SegueError as error:
        wrong = sorry(error, words)
        if isinstance(error, Invalid) and error.code == "yourself":
            wrong = words.say("yourself")
    else:
        return None
    return approvers(context, caller, words, wrong=wrong, wanted=wanted)


def everybody(context: Context, caller: Caller) -> list[fields.Choice]:
    """Who is known at the account, but oneself."""
    found = people.everybody(context, caller.account)
    return [(display(p), p.id) for p in found if p.id != caller.person and (p.name or p.email)]


def _start(context: Context, caller: Caller, ref: Ref, wanted: Wanted) -> ForwardState:
    person = wanted.person
    if wanted.email:
        person = recipients.add(
            context,
            account=ref.account,
            role=wanted.role,
            email=wanted.email,
            champion=caller.person,
        )
    if not person:
        raise Invalid("choose somebody", pointer="/to", code="nobody")
    if person == caller.person:
        raise Invalid("choose somebody else", pointer="/to", code="yourself")
    return forward.start(
        context,
        account=ref.account,
        alert=ref.alert,
        champion=caller.person,
        to=person,
        note=wanted.note,
    )


def _name(context: Context, caller: Caller, role: Role, person: str, email: str) -> None:
    known = people.named(people.everybody(context, caller.account), person)
    if known is None and not email:  # Erased while the form was open, say.
        raise NotFound(f"there is no {person!r} at this account")
    who = known or Person(id=person)
    if not email and not who.email:
        champion.make_approver(context, caller.account, who.id, role)
        return
    champion.name_approver(
        context,
        caller.account,
        role=role,
        chat=None,
        email=email or who.email,
        name=None if email else who.name,
        champion=caller.person,
    )


def _by_hand(context: Context, caller: Caller, state: ForwardState, words: Words) -> Element:
    """What one does where the app can't bring it: write an e-mail oneself."""
    draft = drafts.letter(context, account=caller.account, id=state.id)
    mail: Element = {
        "type": "Action.OpenUrl",
        "title": label(words.say("write_mail"), Limit.BUTTON),
        "url": draft,
    }
    said = block(words.say("unreachable", name=state.to_name), Limit.LINE)
    return cards.whole([said], actions=[mail])


def _people(
    context: Context, caller: Caller, words: Words, name: str, title: str, value: str
) -> list[Element]:
    known = everybody(context, caller)
    if not known:
        return []
    held = value if value in {id for _, id in known} else ""
    return [fields.choices(name, title, known, value=held, hint=words.say("choose_person"))]


def _wrong(text: str) -> list[Element]:
    return [block(text, Limit.LINE, color="Attention", weight="Bolder")] if text else []


def field_of(data: Mapping[str, Any], name: str) -> str:
    """What was written into a field."""
    return str(data.get(name) or "").strip()
