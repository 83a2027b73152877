"""All copy at once: every text of every pack, or of a vendor's own folder, on sample stories."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError

from engine.alert import AlertClass, Moment
from engine.story import Story
from templates import digest
from templates.labels import decline_labels
from templates.lint import Problem, around, check
from templates.message import Audience, Message, copy_names, message
from templates.pack import COPY
from templates.samples import digests, moments

# One moment of each class is enough for the texts around it: they don't depend on the moment.
_AROUND = (
    (Moment.PACE, AlertClass.ASK),
    (Moment.AT_LIMIT, AlertClass.NOTICE),
    (Moment.MILESTONE, AlertClass.REFLECTION),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """One text that was looked at: where it is written, about what, for whom; its breaches."""

    where: str
    moment: str = ""
    audience: str = ""
    problems: tuple[Problem, ...] = ()


def locales() -> tuple[str, ...]:
    """The languages that have a pack."""
    return tuple(sorted(path.parent.name for path in COPY.glob("*/words.toml")))


def everything(locale: str) -> Iterator[Linted]:
    """Every text of a language that is shipped: messages, what goes with them, short words."""
    yield from _messages(locale, None)
    yield from _around(locale)
    for done, story in digests(locale):
        found = digest.problems(done, story, locale)
        yield Linted(where=f"{locale}/digest.j2", moment=done.how_often, problems=found)
    for name, problem in around.labels(locale):
        yield Linted(where=f"{locale}/words.toml [{name}]", problems=(problem,))


def own(locale: str, folder: Path) -> Iterator[Linted]:
    """Every message of a language that comes from a vendor's own folder."""
    used = set()
    for linted in _messages(locale, folder):
        used.add(linted.where)
        yield linted
    yield from _unused(locale, folder, used)


def _messages(locale: str, folder: Path | None) -> Iterator[Linted]:
    """Every moment, class, audience, purse and behaviour at the limit, in every state."""
    seen: dict[tuple[object, ...], tuple[Problem, ...]] = {}
    for _, story in moments(locale):
        for audience in Audience:
            for can_buy in (True, False):
                linted = _message(story, locale, audience, can_buy, folder, seen)
                if linted is not None:
                    yield linted


def _message(
    story: Story,
    locale: str,
    audience: Audience,
    can_buy: bool,
    folder: Path | None,
    seen: dict[tuple[object, ...], tuple[Problem, ...]],
) -> Linted | None:
    """One message; None where none of the vendor's own files is asked for it."""
    names = copy_names(story, audience, locale)
    if folder is not None and not any((folder / name).is_file() for name in names):
        return None
    try:
        text = message(story, audience=audience, locale=locale, can_buy=can_buy, folder=folder)
    except TemplateError as error:
        problem = Problem("TL00", str(error)[:80], "a template that can be rendered")
        own = next((n for n in names if folder is not None and (folder / n).is_file()), names[-1])
        return Linted(where=own, moment=story.moment, audience=audience, problems=(problem,))
    if folder is not None and not (folder / text.template).is_file():
        return None  # A more particular file of Segue's own comes first.
    return Linted(
        where=text.template,
        moment=story.moment,
        audience=audience,
        problems=_checked(text, story, locale, seen),
    )


def _checked(
    text: Message,
    story: Story,
    locale: str,
    seen: dict[tuple[object, ...], tuple[Problem, ...]],
) -> tuple[Problem, ...]:
    """The same words about the same story, for another reader with the same rights, once."""
    approver = text.audience in (Audience.MANAGER, Audience.FINANCE)
    key = (text.title, text.body, text.facts, text.priced, approver, story.alert_class, story.main)
    if key not in seen:
        labels = decline_labels(locale)
        seen[key] = check(text, story, audience=text.audience, locale=locale, labels=labels)
    return seen[key]


def _around(locale: str) -> Iterator[Linted]:
    for _, story in moments(locale):
        if (story.moment, story.alert_class) in _AROUND:
            for text, problems in around.checked(story, locale):
                yield Linted(
                    where=f"{locale}: {text.what}",
                    moment=story.moment,
                    audience=text.audience,
                    problems=problems,
                )


def _unused(locale: str, folder: Path, used: set[str]) -> Iterator[Linted]:
    """Files of a vendor's folder that no moment asks for: a name with a slip in it, mostly."""
    for path in sorted((folder / locale).glob("*.j2")):
        name = f"{locale}/{path.name}"
        if name not in used and not path.name.startswith("_"):
            problem = Problem("TL00", path.name, "a name that a moment looks for")
            yield Linted(where=name, problems=(problem,))
