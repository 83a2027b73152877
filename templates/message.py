"""The message of one alert for one audience: title, body, and the facts it cites."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from pathlib import Path

from jinja2 import Template

from engine.alert import AlertClass
from engine.story import Story
from templates.chart import alt
from templates.facts import CitedFact, facts_of
from templates.pack import Pack, pack
from templates.plain import plain
from templates.render import ROOM, Cited, context_of, environment, isolated

TITLE, BODY, CHAT, NOTE = 60, 280, 500, 280
_NAME = 60
_BREAK = re.compile(r"^---$", re.MULTILINE)


class Audience(StrEnum):
    """Who a text is written for."""

    USER = "user"
    CHAMPION = "champion"
    MANAGER = "manager"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message. `priced`: its reader may see prices; `lead` says who asked for it."""

    title: str
    body: str
    lead: str
    greeting: str
    note: str
    facts: tuple[CitedFact, ...]
    chart_alt: str
    source_line: str
    audience: Audience
    locale: str
    priced: bool
    template: str

    @property
    def chat(self) -> str:
        """The whole message as one plain text of at most 500 characters."""
        return f"{self.title}\n{self.body}\n{self.source_line}"


def may_see_price(story: Story, audience: Audience, can_buy: bool) -> bool:
    """Prices are for asks, and for who may buy or decides on it."""
    if story.alert_class is not AlertClass.ASK:
        return False
    return can_buy or audience in (Audience.MANAGER, Audience.FINANCE)


def message(
    story: Story,
    *,
    audience: Audience,
    locale: str,
    can_buy: bool,
    recipient_name: str | None = None,
    asked_by: str | None = None,
    note: str = "",
    folder: Path | None = None,
    built_in: bool = False,
) -> Message:
    """The story in the words of one audience; tighter words where the roomy ones grow too long.

    `folder` holds a vendor's own copy; `built_in` takes the plain text of the class alone.
    Raises LocaleMissing where the language has no texts, jinja2.TemplateError where an admin's
    own copy in `folder` is broken.
    """
    words = pack(locale)
    audience = Audience(audience)
    priced = may_see_price(story, audience, can_buy)
    names = copy_names(story, audience, words.name, built_in=built_in)
    template = environment(html=False, folder=folder).select_template(names)
    # Other limits are left to alerts of their own where no room is tight enough to tell of them.
    alone = (replace(story, beside=()),) if story.beside else ()
    for told, room in product((story, *alone), ROOM):
        title, body, cited = _texts(template, told, words, audience, priced, room)
        if len(title) <= TITLE and len(body) <= BODY:
            break
    return Message(
        title=title,
        body=body,
        lead=_lead(words, asked_by),
        greeting=greeting(words, recipient_name),
        note=plain(note, NOTE),
        facts=cited.in_order(),
        chart_alt=alt(story, locale=locale),
        source_line=source_line(story, locale),
        audience=audience,
        locale=locale,
        priced=priced,
        template=template.name or "",
    )


def source_line(story: Story, locale: str) -> str:
    """Where the numbers come from, and their as-of time, on one line."""
    words = pack(locale)
    as_of = facts_of(story, words)["as_of"].cited.value
    meter = isolated(plain(story.main.name_other, 28))
    return plain_line(words.words["text"]["source"].format(meter=meter, as_of=as_of))


def copy_names(
    story: Story, audience: Audience, language: str, *, built_in: bool = False
) -> list[str]:
    """Where the text of a story is looked for, the most particular file first."""
    if story.alert_class is AlertClass.NOTICE:
        stems = [f"{story.moment}.notice", "notice"]
    else:
        stems = [story.moment, story.alert_class]
    stems = stems[-1:] if built_in else stems
    files = [f"{stem}{end}.j2" for stem in stems for end in (f".{audience}", "")]
    return [f"{language}/{file}" for file in files]


def plain_line(text: str) -> str:
    """Rendered text on one line; the no-break spaces inside numbers and dates stay."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


def _texts(
    template: Template, story: Story, words: Pack, audience: Audience, priced: bool, room: str
) -> tuple[str, str, Cited]:
    cited = Cited(facts_of(story, words))
    context = context_of(story, words, room=room)
    text = template.render(context, fact=cited, audience=audience.value, priced=priced)
    title, body = _split(text)
    return plain_line(title), plain_line(body), cited


def _split(text: str) -> tuple[str, str]:
    """Title and body, divided by a line of three dashes."""
    parts = _BREAK.split(text, maxsplit=1)
    return (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])


def _lead(words: Pack, asked_by: str | None) -> str:
    name = isolated(plain(asked_by or "", _NAME))
    return str(words.words["text"]["lead"]).format(name=name) if name else ""


def greeting(words: Pack, recipient: str | None) -> str:
    """How a message begins."""
    name = isolated(plain(recipient or "", _NAME))
    key = "greeting" if name else "greeting_nobody"
    return str(words.words["text"][key]).format(name=name)
