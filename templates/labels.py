"""Short words: labels of controls, names of stages and moments, and what an answer led to."""

from collections.abc import Mapping
from datetime import date, datetime

from engine.alert import FeedbackKind, Moment
from engine.decision import Stage
from templates.formats import Formats
from templates.pack import pack
from templates.plain import plain
from templates.render import isolated

_NAME = 60


def labels(locale: str) -> Mapping[str, str]:
    """Every label of a control by its key; {name}, {plan} and {time} are still to be filled in."""
    return dict(pack(locale).words["labels"])


def label(key: str, locale: str, **names: str) -> str:
    """One label with its names filled in, made safe first."""
    safe = {name: isolated(plain(value, _NAME)) for name, value in names.items()}
    return str(pack(locale).words["labels"][key]).format(**safe)


def widget_labels(locale: str) -> Mapping[str, str]:
    """The words the widget says by itself, for `labels` in its state."""
    return dict(pack(locale).words["widget"])


def decline_labels(locale: str) -> tuple[str, ...]:
    """The neutral list: the only labels a control that says no may carry."""
    return tuple(pack(locale).words["decline"]["labels"])


def stage_name(stage: Stage, locale: str) -> str:
    """What people call a stage."""
    return str(pack(locale).words["stages"][stage])


def overlay_name(overlay: str, locale: str) -> str:
    """What people call an overlay: "dormant" or "outgrowing"."""
    return str(pack(locale).words["stages"][overlay])


def moment_name(moment: Moment, locale: str) -> str:
    """What people call a moment."""
    return str(pack(locale).words["moments"][moment])


def class_name(kind: str, locale: str) -> str:
    """What people call a class of alert."""
    return str(pack(locale).words["classes"][kind])


def replay_title(locale: str) -> str:
    """What the chart of a replay counts."""
    return str(pack(locale).words["desk"]["simulate_chart"])


def evidence_name(key: str, locale: str) -> str:
    """What a piece of evidence is called; an unknown key is shown as it is."""
    return str(pack(locale).words["evidence"].get(key, key.replace("_", " ")))


def outcome(
    kind: FeedbackKind,
    *,
    locale: str,
    until: date | None = None,
    name: str = "",
    today: date | None = None,
) -> str:
    """What an answer led to: "Noted. This won't come back before 3 August."""
    words = pack(locale)
    if until is not None and kind in words.words["feedback_until"]:
        day = Formats(words.babel, today or until).day(until)
        return str(words.words["feedback_until"][kind]).format(until=day)
    return str(words.words["feedback"][kind]).format(name=isolated(plain(name, _NAME)))


def sent_to(name: str, at: datetime, zone: str, locale: str) -> str:
    """ "Sent to Marta Silva, 16:20": for the champion's card."""
    time = Formats(pack(locale).babel, at.date()).time(at, zone)
    return label("sent_to", locale, name=name, time=time)


def answered(
    kind: str, name: str, text: str, locale: str, *, until: date | None = None, today: date
) -> str:
    """What came back on a case: approve, decline (perhaps not before a day), question or reply."""
    words = pack(locale)
    table, said = words.words["answers"], plain(text, 500)
    values = {"name": isolated(plain(name, _NAME)), "text": said}
    if until is not None and f"{kind}_until" in table:
        kind, values["until"] = f"{kind}_until", Formats(words.babel, today).day(until)
    sentence = str(table[kind])
    if said and "{text}" not in sentence:
        sentence += str(table["said"])
    return sentence.format(**values)


def decided(outcome: str, moment: Moment | None, locale: str, *, for_admin: bool = True) -> str:
    """What an evaluation led to, in two sentences; at the account only what was really said."""
    words = pack(locale).words
    table = words["decided" if for_admin else "decided_customer"]
    if outcome not in table:
        return str(words["silence"]["nothing"])
    name = words["moments"][moment] if moment is not None else ""
    return str(table[outcome]).format(moment=name)
