"""The digest by e-mail: what an account got done in a week or a month, from cited facts."""

from decimal import Decimal
from typing import Any

from engine.accomplished import Accomplished, Done, Stretch
from engine.policy import Digest
from engine.story import Story
from templates.chart import PALETTES
from templates.email import Mail, safe
from templates.facts import CitedFact, Fact, FactKind, formats_of, label_of
from templates.formats import Formats
from templates.lint import Problem, check_text
from templates.message import greeting, plain_line
from templates.pack import pack
from templates.plain import plain
from templates.render import Cited, environment, isolated

_CAPS = {"account": 40, "product": 32, "meter": 28, "value": 48}
_SUBJECT, _MOST = 140, 8


def mail(
    done: Accomplished,
    story: Story,
    *,
    locale: str,
    reader: str | None = None,
    unsubscribe_url: str | None = None,
) -> Mail:
    """The whole e-mail: what was done, what it was before, and why it came."""
    words = pack(locale)
    fact = Cited(facts_of(done, story, locale))
    context: dict[str, Any] = _names(done) | {
        "fact": fact,
        "greeting": greeting(words, reader),
        "rows": [_row(n, one, formats_of(story, words)) for n, one in enumerate(done.done[:_MOST])],
        "compared": any(one.before is not None for one in done.done[:_MOST]),
        "weekly": done.how_often is Digest.WEEKLY,
        "unsubscribe_url": safe(unsubscribe_url),
        "light": PALETTES["light"],
        "dark": PALETTES["dark"],
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
        "words_file": f"{words.name}/digest.j2",
    }
    spoken: Any = environment(html=False).get_template(context["words_file"]).make_module(context)
    context["title"] = plain_line(spoken.title())
    return Mail(
        subject=context["title"][:_SUBJECT],
        text=environment(html=False).get_template("email/digest.txt.j2").render(context),
        html=environment(html=True).get_template("email/digest.html.j2").render(context),
    )


def blocked(done: Accomplished, story: Story, locale: str) -> bool:
    """Whether it can't be said as calmly as everything else is."""
    return any(problem.blocks for problem in problems(done, story, locale))


def problems(done: Accomplished, story: Story, locale: str) -> tuple[Problem, ...]:
    """Every breach in what it says."""
    written = mail(done, story, locale=locale)
    return check_text(
        f"{written.subject}\n{written.text}",
        story,
        locale=locale,
        facts=facts_of(done, story, locale),
        names=spoken_names(done),
    )


def facts_of(done: Accomplished, story: Story, locale: str) -> dict[str, Fact]:
    """Every number and day it may say, by short name; what is unknown is absent."""
    words = pack(locale)
    formats = formats_of(story, words)
    facts: dict[str, Fact] = {}

    def add(name: str, kind: FactKind, source: str, value: str, **names: str) -> None:
        label = label_of(words, _LABELS.get(name.partition("_")[0], name), **names)
        cited = CitedFact(id=f"{source}.{name}", label=label, value=value, as_of=done.as_of)
        facts[name] = Fact(kind, cited)

    for n, one in enumerate(done.done[:_MOST]):
        many = plain(one.name_other, _CAPS["meter"])
        add(f"done_{n}", FactKind.VALUE, one.meter, formats.quantity(one.amount), many=many)
        if one.before is not None:
            before = formats.quantity(one.before)
            add(f"before_{n}", FactKind.VALUE, one.meter, before, many=many)
    add("when", FactKind.DATE, "account", _days(done, done.stretch, formats))
    add("when_before", FactKind.DATE, "account", _days(done, done.stretch.before, formats))
    if done.people is not None:
        add("people", FactKind.COUNT, "account", formats.quantity(Decimal(done.people)))
    add("as_of", FactKind.DATE, "account", formats.instant(done.as_of, done.time_zone))
    return facts


_LABELS = {"done": "used", "before": "last", "when": "as_of"}


def spoken_names(done: Accomplished) -> set[str]:
    """Words that are not ours."""
    rows = ({_of(one.name_one), _of(one.name_other), _value(one)} for one in done.done)
    return set(_names(done).values()).union(*rows) - {""}


def _names(done: Accomplished) -> dict[str, str]:
    return {
        "account": isolated(plain(done.account_name, _CAPS["account"])),
        "product": isolated(plain(done.product, _CAPS["product"])),
    }


def _row(n: int, one: Done, formats: Formats) -> dict[str, Any]:
    """A meter as the words need it; `done` and `before` name its facts."""
    return {
        "done": f"done_{n}",
        "before": f"before_{n}",
        "things": _of(one.name_one if formats.is_one(one.amount) else one.name_other),
        "many": _of(one.name_other),
        "value": _value(one),
    }


def _of(name: str) -> str:
    return isolated(plain(name, _CAPS["meter"]))


def _value(one: Done) -> str:
    return isolated(plain(one.value, _CAPS["value"]))


def _days(done: Accomplished, stretch: Stretch, formats: Formats) -> str:
    """9–15 November, or October."""
    if done.how_often is Digest.WEEKLY:
        last = stretch.end.fromordinal(stretch.end.toordinal() - 1)
        return formats.days(stretch.start, last)
    return formats.month(stretch.start)
