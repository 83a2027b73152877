"""Jinja2 in its sandbox: the environments every text is rendered by, and what they may cite."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.story import Story
from engine.usage import AtLimit, MeterKind
from templates.facts import CitedFact, Fact, FactKind, Span, formats_of, passed, plan_per, span_of
from templates.pack import COPY, HERE, Pack
from templates.plain import plain

# What names are cut to, from roomy to tight: a text that grows too long is rendered again, tighter.
ROOM = ("full", "close", "brief", "tight")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
_CAPS = {
    "full": {"account": 40, "product": 32, "plan": 24, "meter": 28, "value": 48},
    "close": {"account": 32, "product": 28, "plan": 24, "meter": 28, "value": 48},
    "brief": {"account": 24, "product": 24, "plan": 20, "meter": 20, "value": 0},
    "tight": {"account": 16, "product": 16, "plan": 14, "meter": 14, "value": 0},
}


_BESIDE = {"full": 3, "close": 3, "brief": 2, "tight": 1}
"""How many more limits one message tells of, at most: the first of them."""


class Cited:
    """The facts as templates see them: printing one cites it."""

    def __init__(self, facts: dict[str, Fact]) -> None:
        self._facts = facts
        self._cited: dict[str, CitedFact] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._facts

    def __getitem__(self, name: str) -> str:
        cited = self._facts[name].cited
        self._cited[name] = cited
        return cited.value

    def in_order(self) -> tuple[CitedFact, ...]:
        """What was printed and has a number, each fact once, by first use, dates last."""
        dates = {name for name in self._cited if self._facts[name].kind is FactKind.DATE}
        names = [name for name in self._cited if name not in dates]
        names += [name for name in self._cited if name in dates]
        cited = (self._cited[name] for name in names)
        return tuple(fact for fact in cited if any(c.isdigit() for c in fact.value))


@cache
def environment(*, html: bool, folder: Path | None = None) -> ImmutableSandboxedEnvironment:
    """The environment for plain texts or for HTML; `folder` holds an admin's own copy files."""
    folders = [COPY, HERE] if folder is None else [folder, COPY, HERE]
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in folders]),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def names_of(story: Story, room: str) -> dict[str, str]:
    """Everything in a text that is the vendor's or the customer's word, made safe and cut."""
    caps = _CAPS[room]
    main = story.main
    return {
        "account": isolated(plain(story.account_name, caps["account"])),
        "product": isolated(plain(story.product, caps["product"])),
        "plan": isolated(plain(story.plan.name, caps["plan"])) if story.plan else "",
        "next_plan": isolated(plain(story.next_plan.name, caps["plan"])) if story.next_plan else "",
        "one": isolated(plain(main.name_one, caps["meter"])),
        "many": isolated(plain(main.name_other, caps["meter"])),
        "value": isolated(plain(main.value, caps["value"])),
    }


def beside_of(story: Story, room: str) -> list[dict[str, Any]]:
    """The other limits a text tells of. `alike`: what is said of the main one holds there too."""
    main = story.main
    return [
        {
            "many": isolated(plain(other.name_other, _CAPS[room]["meter"])),
            "used": f"beside_{n}_used",
            "limit": f"beside_{n}_limit",
            "period_end": f"beside_{n}_period_end",
            "continues": other.at_limit is AtLimit.CONTINUES,
            "soft": other.at_limit is AtLimit.SOFT,
            "alike": other.at_limit is main.at_limit is not AtLimit.STOPS
            and (main.overage is None or other.overage is not None),
        }
        for n, other in enumerate(story.beside[: _BESIDE[room]])
    ]


def isolated(text: str) -> str:
    """`text` fenced so that right-to-left letters can't turn the words around it."""
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def context_of(story: Story, pack: Pack, *, room: str) -> dict[str, Any]:
    """The names and plain truths a template may branch on; numbers come by `fact` alone."""
    main = story.main
    span = span_of(main)
    resets = span is not Span.NONE
    names = names_of(story, room)
    one = formats_of(story, pack).is_one(main.used)
    last = main.past[-1].used if main.past else None
    return names | {
        "room": room,
        "beside": beside_of(story, room),
        "things": names["one"] if one else names["many"],
        "this": pack.words["this"][span],
        "past_last": pack.words["past_last"][span],
        "peak": main.kind is MeterKind.PEAK,
        "continues": main.at_limit is AtLimit.CONTINUES,
        "soft": main.at_limit is AtLimit.SOFT,
        "stops": main.at_limit is AtLimit.STOPS,
        "billed": main.overage is not None,
        "passed": passed(main),
        "over": main.limit is not None and main.used > main.limit,
        "grew": last is not None and main.used > last,
        "each": plan_per(story.plan, pack),
        "next_each": plan_per(story.next_plan, pack),
        "per_period": pack.words["per"][story.plan.period] if story.plan and resets else "",
        "embedded": story.stage.value == "embedded",
    }
