"""The app's home: for a person at an account, for the vendor's admins, for everybody else. Pure."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bot.customer import quiet_line
from bot.desk import said_this_week
from bot.desk_hooks import troubles
from bot.fit import length
from bot.said import Said
from bot.slack import answer, blocks
from bot.slack.limits import Limit
from bot.slack.text import Block, pair, plain
from bot.words import Words
from service.champion import Glance, Meter, Told
from service.doctor import Health
from service.week import Overview
from templates import labels

LANGUAGE, START, END, STOP, AGAIN = (
    "home.language",
    "home.start",
    "home.end",
    "home.stop",
    "home.again",
)
_VIEW_CHARS = 100_000
"""Far below what a view may hold; blocks come to their limit first."""


def champion(
    glance: Glance, product: str, languages: Sequence[str], usual: tuple[str, str], words: Words
) -> dict[str, Any]:
    """How it stands for one person, and what they set themselves."""
    today = max((told.at for told in glance.told), default=None)
    shown = [
        blocks.header(words.say("home_hello", account=glance.name, product=product)),
        *_headed("home_meters", words),
        *_meters(glance.meters, words),
        *_headed("home_told", words),
        *_told(glance.told, today.date() if today else None, words),
        *_headed("home_recipients", words),
        *_recipients(glance, words),
        *_headed("home_settings", words),
        *_settings(glance, languages, usual, words),
        blocks.context([words.say("home_more")], "more"),
    ]
    return _view(shown)


def admin(
    week: Overview, health: Health, meters: dict[str, str], at: datetime, zone: str, words: Words
) -> dict[str, Any]:
    """The week over all accounts."""
    shown = [
        blocks.header(words.say("admin_title")),
        blocks.section(words.tell("in_seven_days", said=said_this_week(week, words)), "said"),
        *_headed("admin_moments", words),
        *_list("moments", _moments(week, words), words.say("admin_moments_none"), words),
        *_headed("admin_held", words),
        *_list("held", _held(week, words), words.say("admin_held_none"), words),
        *_headed("admin_growing", words),
        *_list("growing", _growing(week, meters, words), words.say("admin_growing_none"), words),
        *_headed("admin_health", words),
        *_health(health, words, zone),
        blocks.context(
            [words.tell("admin_small", at=words.instant(at, zone)), words.say("home_more")], "small"
        ),
    ]
    return _view(shown)


def line(said: Said, words: Words) -> dict[str, Any]:
    """A few lines for who can't see more."""
    return _view(answer.shown(said, words))


def _meters(meters: Sequence[Meter], words: Words) -> list[Block]:
    """Each with its sentence, and a bar where there is a limit."""
    made: list[Block] = []
    for n, meter in enumerate(meters[:20]):
        made.append(blocks.section(meter.sentence, f"meter.{n}"))
        if meter.limit:
            share = words.share(min(float(meter.used / meter.limit), 99.0))
            text = f"{blocks.bar(meter.used, meter.limit)} {share}"
            made.append(blocks.context([text], f"bar.{n}"))
    return made or [blocks.section(words.say("home_no_meters"), "no_meters")]


def _told(told: Sequence[Told], today: date | None, words: Words) -> list[Block]:
    """What was said, when, what became of it, and why."""
    made: list[Block] = []
    for n, one in enumerate(told):
        on = words.say("home_on", day=words.day(one.at.date(), today or one.at.date()))
        state = words.say("home_open")
        if one.closed_as:
            state = words.answered(one.closed_as, one.returns, one.at.date())
        shown = pair(one.title, f"{on} · {state}", Limit.SECTION)
        made.append({"type": "section", "block_id": f"told.{n}", "text": shown})
        made += [blocks.context(_why(one, words), f"why.{n}")] if one.why else []
    return made or [blocks.section(words.say("home_no_told"), "no_told")]


def _why(one: Told, words: Words) -> list[str]:
    return [words.tell("home_why", why=one.why[0])] if one.why else []


def _recipients(glance: Glance, words: Words) -> list[Block]:
    named = [(words.role(r.role).capitalize(), r.name) for r in glance.recipients]
    if not named:
        shown = blocks.section(words.say("approvers_none"), "nobody")
    else:
        shown = answer.shown(Said(pairs=tuple(named[:10])), words)[0] | {"block_id": "approvers"}
    label = words.say("approvers_change" if not named else "change_it")
    change = _button("approvers.change", label)
    return [shown, {"type": "actions", "block_id": "change", "elements": [change]}]


def _settings(
    glance: Glance, languages: Sequence[str], usual: tuple[str, str], words: Words
) -> list[Block]:
    """Language, quiet hours, and the way out."""
    start, end = usual
    if glance.quiet.hours:
        start, end = (f"{at:%H:%M}" for at in glance.quiet.hours)
    options = [_language(name, words) for name in languages]
    chosen = next((o for o in options if glance.locale.startswith(o["value"])), options[0])
    language = {
        "type": "static_select",
        "action_id": LANGUAGE,
        "placeholder": plain(words.say("home_language"), Limit.PLACEHOLDER),
        "options": options,
        "initial_option": chosen,
    }
    muted = glance.person.muted
    way_out = _button(AGAIN, words.say("again")) if muted else _button(STOP, words.say("home_stop"))
    return [
        {**blocks.section(words.say("home_language"), "language"), "accessory": language},
        blocks.section(quiet_line(glance, usual, words), "quiet"),
        {
            "type": "actions",
            "block_id": "hours",
            "elements": [_picker(START, start), _picker(END, end)],
        },
        {"type": "actions", "block_id": "out", "elements": [way_out]},
    ]


def _moments(week: Overview, words: Words) -> list[tuple[str, str]]:
    found = []
    for one in week.raised:
        if one.count - one.held:
            kind = labels.class_name(one.alert_class, words.locale)
            name = words.tell("admin_moment", **{"class": kind, "moment": words.moment(one.moment)})
            found.append((name, words.number(one.count - one.held)))
    return found


def _held(week: Overview, words: Words) -> list[tuple[str, str]]:
    return [(_upper(words.reason(h.reason)), words.count("n_accounts", h.accounts))
            for h in week.held_back]  # fmt: skip


def _growing(week: Overview, meters: dict[str, str], words: Words) -> list[tuple[str, str]]:
    found = []
    for one in week.growing:
        name = f"{one.name} ({one.account})" if one.name else one.account
        meter = meters.get(one.meter, one.meter)
        likely = words.tell("admin_growing_line", share=words.share(one.p), meter=meter)
        said = words.say("admin_said")
        if one.reason:
            said = words.tell("admin_silent", reason=words.reason(one.code))
        found.append((name, f"{likely}; {said}"))
    return found


def _health(health: Health, words: Words, zone: str) -> list[Block]:
    wrong = (*health.problems, *troubles(health.hooks, words, zone))
    lines = wrong or (words.say("nothing_wrong"),)
    told = "\n".join((*lines, *health.paused))
    return [blocks.section(told, "health")]


def _list(name: str, pairs: Sequence[tuple[str, str]], nothing: str, words: Words) -> list[Block]:
    if not pairs:
        return [blocks.section(nothing, name)]
    made = answer.shown(Said(pairs=tuple(pairs)), words)
    return [{**block, "block_id": f"{name}.{n}"} for n, block in enumerate(made)]


def _headed(label: str, words: Words) -> list[Block]:
    """A heading with a line above it."""
    return [
        {"type": "divider", "block_id": f"{label}.line"},
        {
            "type": "header",
            "block_id": label,
            "text": plain(words.say(label), Limit.HEADER),
        },
    ]


def _view(shown: list[Block]) -> dict[str, Any]:
    """A home within its limits: what stands last goes first."""
    kept = shown[: Limit.BLOCKS_IN_VIEW]
    while length(json.dumps(kept, ensure_ascii=False)) > _VIEW_CHARS and len(kept) > 1:
        kept = kept[:-1]
    return {"type": "home", "blocks": kept}


def _button(name: str, label: str) -> Block:
    return {
        "type": "button",
        "action_id": name,
        "text": plain(label, Limit.BUTTON),
        "value": name,
    }


def _picker(name: str, at: str) -> Block:
    return {"type": "timepicker", "action_id": name, "initial_time": at}


def _language(name: str, words: Words) -> Block:
    label = f"home_language_{name}"
    shown = words.say(label) if words.has(label) else name
    return {"text": plain(shown, Limit.OPTION), "value": name}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
