"""The tone lint: runs on rendered text, in its language's own rules; an error blocks sending."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from engine.alert import AlertClass
from engine.story import Story
from templates.facts import SMALLEST_GROUP, Fact, FactKind, facts_of, shown_range, today_of
from templates.masks import contained, whole, without
from templates.message import (
    BODY,
    CHAT,
    TITLE,
    Audience,
    Message,
    message,
    source_line,
)
from templates.pack import Pack, pack
from templates.render import ROOM, names_of

_CURRENCY = r"(?:[$€£¥₹₩₽₺₪₫₴₦฿]|\b(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR)\b)"
_APPROVERS = (Audience.MANAGER, Audience.FINANCE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach: the rule's code, the words that broke it, and what the rule wants."""

    code: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """What one check looks at.

    `raw` is the text as it is, `spoken` without names, `bare` without names and facts' values;
    `shown` are the values of facts in it.
    """

    message: Message
    story: Story
    audience: Audience
    locale: str
    words: Pack
    facts: Mapping[str, Fact]
    raw: str
    spoken: str
    bare: str
    shown: set[str]


def check(
    message: Message,
    story: Story,
    *,
    audience: Audience,
    locale: str,
    labels: Iterable[str] = (),
    people: Iterable[str] = (),
) -> tuple[Problem, ...]:
    """Every breach in a rendered message; none means that it may be sent.

    Args:
        message: What would be sent.
        story: The frozen facts it claims to tell.
        audience: Who it is for.
        locale: The language it is written in; its pack holds the rules.
        labels: The labels of controls that decline, as shown beside it.
        people: Names of people at the account, which approvers' texts may not carry.
    """
    words = pack(locale)
    facts = facts_of(story, words)
    raw = f"{message.title}\n{message.body}"
    names = _names(story, people)
    values = {fact.cited.value for fact in facts.values()}
    copy = _Copy(
        message=message,
        story=story,
        audience=Audience(audience),
        locale=locale,
        words=words,
        facts=facts,
        raw=raw,
        spoken=without(raw, names),
        bare=without(raw, names | values),
        shown=contained(raw, names | values) - names,
    )
    problems = [problem for rule in _RULES for problem in rule(copy)]
    return (*problems, *_labels(labels, words), *_people(copy, people))


def neutral_notice(story: Story, locale: str) -> Message:
    """The built-in text of a notice, used where an admin's own copy does not pass the lint."""
    plainest = replace(story, alert_class=AlertClass.NOTICE)
    return message(plainest, audience=Audience.USER, locale=locale, can_buy=False)


def _names(story: Story, people: Iterable[str]) -> set[str]:
    """Every word that is not ours, in every length it is cut to."""
    return {name for room in ROOM for name in names_of(story, room).values()} | set(people)


def _words(copy: _Copy) -> Iterable[Problem]:
    for code, pattern in _tone(copy.locale):
        for found in pattern.finditer(copy.spoken):
            yield Problem(code, found.group(), "calmer words: no loss, urgency, crowd or sale")


@cache
def _tone(locale: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The word lists of a language, each as one pattern."""
    return tuple(
        (code, re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE))
        for code, patterns in pack(locale).rules["words"].items()
    )


def _marks(copy: _Copy) -> Iterable[Problem]:
    if "!" in copy.spoken:
        yield Problem("TL05", "!", "no exclamation mark")
    allowed = copy.words.rules["capitals"]["allowed"]
    for word in re.findall(r"\b[^\W\d_]{2,}\b", copy.bare):
        if word.isupper() and word not in allowed:
            yield Problem("TL05", word, "no word in capitals")
    for character in copy.spoken:
        if unicodedata.category(character) in ("So", "Sk") or character == "\ufe0f":
            yield Problem("TL05", character, "no emoji")


def _order(copy: _Copy) -> Iterable[Problem]:
    """A fact of value has to be there, and to come before any limit."""
    value = _first(copy, FactKind.VALUE)
    limit = _first(copy, FactKind.LIMIT)
    if value is None:
        yield Problem("TL06", copy.message.title, "say first what was accomplished")
    elif limit is not None and limit < value:
        yield Problem("TL06", copy.raw[limit : limit + 20], "the value comes before the limit")


def _first(copy: _Copy, kind: FactKind) -> int | None:
    values = [fact.cited.value for fact in copy.facts.values() if fact.kind is kind]
    places = [re.search(whole(value), copy.raw) for value in values]
    return min((place.start() for place in places if place), default=None)


def _numbers(copy: _Copy) -> Iterable[Problem]:
    """Every numeral belongs to a fact of the story, and every cited fact is one, word for word."""
    for found in re.finditer(r"\S*\d\S*", copy.bare):
        yield Problem("TL07", found.group(), "not the formatted value of a fact")
    known = {fact.cited for fact in copy.facts.values()}
    for cited in copy.message.facts:
        if cited not in known:
            yield Problem("TL07", cited.value, f"{cited.id} is not what the story says")
    cited_values = {cited.value for cited in copy.message.facts}
    for value in sorted(copy.shown):
        if any(c.isdigit() for c in value) and value not in cited_values:
            yield Problem("TL07", value, "shown and not cited")


def _continuity(copy: _Copy) -> Iterable[Problem]:
    if copy.story.alert_class is not AlertClass.ASK:
        return
    rules: Mapping[str, str] = copy.words.rules["continuity"]
    truth = copy.story.main.at_limit
    for behaviour, pattern in rules.items():
        text = copy.raw if behaviour == truth else copy.spoken
        said = re.search(pattern, text, re.IGNORECASE)
        if behaviour == truth and not said:
            yield Problem("TL08", copy.message.body, "say what truly happens at the limit")
        elif behaviour != truth and said:
            yield Problem("TL08", said.group(), "that is not what happens at the limit")


def _lengths(copy: _Copy) -> Iterable[Problem]:
    shown = copy.message
    sizes = (("title", shown.title, TITLE), ("body", shown.body, BODY), ("chat", shown.chat, CHAT))
    for name, text, most in sizes:
        if len(text) > most:
            yield Problem("TL10", f"{len(text)} characters", f"{name} has at most {most}")
    if not shown.title or not shown.body:
        yield Problem("TL10", "", "title and body, divided by a line of three dashes")


def _forecast(copy: _Copy) -> Iterable[Problem]:
    """A forecast is a range of days with a hedge before it; one day alone is a promise."""
    rules = copy.words.rules["forecast"]
    fact = copy.facts.get("forecast")
    said = re.search(rules["claim"], copy.spoken, re.IGNORECASE)
    value = fact.cited.value if fact else ""
    found = list(re.finditer(whole(value), copy.raw)) if value else []
    for place in found:
        if not re.search(rules["hedge"], copy.raw[: place.start()], re.IGNORECASE):
            yield Problem("TL12", place.group(), "“around” stands before a forecast")
    if said and not found:
        yield Problem("TL12", said.group(), "a forecast names its range of days")
    ahead = shown_range(copy.story.main, today_of(copy.story))
    if found and ahead is not None and ahead.high <= ahead.low:
        yield Problem("TL12", value, "a range, not a day")


def _prices(copy: _Copy) -> Iterable[Problem]:
    story, asks = copy.story, copy.story.alert_class is AlertClass.ASK
    if not (copy.message.priced and asks):
        for found in re.finditer(rf"\S*{_CURRENCY}\S*", copy.spoken):
            yield Problem("TL13", found.group(), "no price for this reader or class")
    if asks:
        return
    if story.next_plan is not None and _has_name(copy.raw, story, "next_plan"):
        yield Problem("TL13", story.next_plan.name[:40], "no next plan outside an ask")
    if story.alert_class is AlertClass.NOTICE and story.plan and _has_name(copy.raw, story, "plan"):
        yield Problem("TL13", story.plan.name[:40], "no plan's name in a notice")
    for pattern in copy.words.rules["offer"]["patterns"]:
        for found in re.finditer(pattern, copy.spoken, re.IGNORECASE):
            yield Problem("TL13", found.group(), "nothing is offered outside an ask")


def _has_name(text: str, story: Story, which: str) -> bool:
    """Whether a plan's name is in the text where no other name explains it."""
    others = {n for room in ROOM for key, n in names_of(story, room).items() if key != which and n}
    left = without(text, others)
    return any(re.search(whole(n), left) for n in (names_of(story, r)[which] for r in ROOM) if n)


def _groups(copy: _Copy) -> Iterable[Problem]:
    people = copy.story.people28
    if copy.audience in _APPROVERS and people is not None and people < SMALLEST_GROUP:
        for cited in copy.message.facts:
            if cited.id.endswith(".people"):
                yield Problem("TL14", cited.value, "a group of fewer than three is a person")


def _people(copy: _Copy, people: Iterable[str]) -> Iterable[Problem]:
    if copy.audience not in _APPROVERS:
        return
    # A person may be called as the account, a plan or a month is: those are not about them.
    values = {fact.cited.value for fact in copy.facts.values()}
    left = without(copy.raw, _names(copy.story, ()) | values)
    for name in people:
        for part in {name, *name.split()}:
            if len(part) > 1 and re.search(whole(part), left):
                yield Problem("TL14", part, "no person's activity in an approver's text")
                break


def _labels(labels: Iterable[str], words: Pack) -> Iterable[Problem]:
    neutral = words.words["decline"]["labels"]
    for label in labels:
        if label not in neutral:
            yield Problem("TL04", label, f"a decline is one of: {', '.join(neutral)}")


def _shaming(copy: _Copy) -> Iterable[Problem]:
    for pattern in copy.words.rules["confirm_shaming"]["patterns"]:
        for found in re.finditer(pattern, copy.spoken, re.IGNORECASE):
            yield Problem("TL04", found.group(), "no answer is put into the reader's mouth")


def _source(copy: _Copy) -> Iterable[Problem]:
    if copy.message.source_line != source_line(copy.story, copy.locale):
        yield Problem("TL07", copy.message.source_line, "the source line is the meter's own")


_RULES: tuple[Callable[[_Copy], Iterable[Problem]], ...] = (
    _words, _marks, _shaming, _order, _numbers, _continuity, _lengths, _forecast, _prices, _groups,
    _source,
)  # fmt: skip
