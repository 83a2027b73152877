"""What a rule of the lint looks at: one text, what it claims, and who reads it."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

from engine.alert import AlertClass
from engine.story import Range
from engine.usage import AtLimit
from templates.facts import CitedFact, Fact
from templates.lint.fold import folded
from templates.masks import contained, without
from templates.message import Audience
from templates.pack import Pack

_NEVER_BLOCKS = frozenset(("TL09",))


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach: the rule's code, the words that broke it, and what the rule wants."""

    code: str
    text: str
    detail: str

    @property
    def blocks(self) -> bool:
        """Whether the text may not be sent; a warning is only for whoever writes."""
        return self.code not in _NEVER_BLOCKS


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One text under the lint.

    `title` None: running text without a headline. `facts`: what it may say, by short name; None
    where nothing is known, then nothing is held against a number. `at_limit` None: not known.
    `beside`: what happens at the other limits it may tell of, by the id of what is used there.
    `per_period`: a plan's price is for a period, and has to say so.
    """

    words: Pack
    body: str
    title: str | None = None
    chat: str = ""
    alert_class: AlertClass = AlertClass.ASK
    audience: Audience = Audience.CHAMPION
    at_limit: AtLimit | None = None
    beside: Mapping[str, AtLimit] = field(default_factory=dict)
    priced: bool = False
    facts: Mapping[str, Fact] | None = None
    cited: tuple[CitedFact, ...] = ()
    ahead: Range | None = None
    names: Set[str] = frozenset()
    plan: Set[str] = frozenset()
    next_plan: Set[str] = frozenset()
    people: tuple[str, ...] = ()
    few_people: bool = False
    per_period: bool = True
    labels: tuple[str, ...] = ()

    @cached_property
    def raw(self) -> str:
        """The text as it is."""
        return self.body if self.title is None else f"{self.title}\n{self.body}"

    @cached_property
    def values(self) -> set[str]:
        """Every fact as it may be written: as it is, and at the head of a sentence."""
        return _headed(fact.cited.value for fact in (self.facts or {}).values())

    @cached_property
    def own(self) -> set[str]:
        """Words that are not ours: names of the account, the product, plans, meters and people."""
        return _headed((*self.names, *self.plan, *self.next_plan, *self.people))

    @cached_property
    def unnamed(self) -> str:
        """The text as it is, without names."""
        return without(self.raw, self.own)

    @cached_property
    def spoken(self) -> str:
        """The text in its plain spelling, without names."""
        return self.fold(self.unnamed)

    @cached_property
    def bare(self) -> str:
        """The text in its plain spelling, without names and facts."""
        return self.fold(without(self.raw, self.own | self.values))

    @cached_property
    def shown(self) -> set[str]:
        """The facts' values that are in the text."""
        return contained(self.raw, self.own | self.values) - self.own

    def fold(self, text: str) -> str:
        """`text` in the plain spelling of the piece's language."""
        alphabet = self.words.rules["alphabet"]
        return folded(text, script=alphabet["script"], letters=alphabet["letters"])


def _headed(texts: Iterable[str]) -> set[str]:
    """Each as it is, and as it is written at the head of a sentence."""
    known = {text for text in texts if text}
    return known | {text[:1].upper() + text[1:] for text in known}


Rule = Callable[[Piece], Iterable[Problem]]
