"""What a delivery says, and the short words around it; all of them are in `templates/`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.alert import FeedbackKind, Moment, ReasonCode
from engine.decision import Stage
from engine.errors import NotFound
from engine.story import Story
from service import wording
from service.channel import Outgoing
from service.context import Context
from service.people import display
from templates import backtest_words, labels
from templates.facts import facts_of
from templates.formats import Formats
from templates.message import Message
from templates.pack import Pack, best_locale, pack
from templates.plain import plain
from templates.render import isolated

SLACK, TEAMS = "slack", "teams"
_BEFORE = {SLACK: "/segue ", TEAMS: ""}
"""What stands before a verb; in Teams it is an @mention, or nothing in a chat of two."""
_RECENT = 2.0
_DEFAULT = "en"
_NAME, _SENTENCE = 60, 400
_TABLES = ("chat", "commands", "desk", "teams", "teams_desk")


class Words:
    """The words of one language in one chat; what is put into them is made plain first.

    What a chat has other words for is named after it: `teams_slow` beside `slow`. A command stands
    in them as "/segue VERB", and is shown as one types it in this chat.
    """

    def __init__(self, locale: str, chat: str = SLACK) -> None:
        self.locale, self._where = locale, chat
        self._pack: Pack = pack(locale)

    @property
    def chat(self) -> frozenset[str]:
        """The names of the short words that only chats use."""
        return frozenset(label for name in _TABLES for label in self._pack.words[name])

    def say(self, label: str, **values: str) -> str:
        """A label with its values filled in."""
        own = self._own(label)
        if own is None:
            return labels.label(label, self.locale, **values)
        return str(own).format(**{k: isolated(plain(v, _NAME)) for k, v in values.items()})

    def tell(self, label: str, **values: str) -> str:
        """A sentence of the commands, whose values may be sentences themselves."""
        safe = {k: plain(v, _SENTENCE) for k, v in values.items()}
        return str(self._own(label)).format(**safe)

    def count(self, label: str, n: int) -> str:
        """So many of something, in the form that the language has for it."""
        forms: Any = self._own(label)
        form = forms.get(self._pack.babel.plural_form(n), forms["other"])
        return str(form).format(n=self.number(n))

    def has(self, label: str) -> bool:
        """Whether there is such a sentence of the commands."""
        return self._own(label) is not None

    def number(self, value: Decimal | int | float) -> str:
        """A number as this language writes it."""
        return self.formats(date.max).quantity(Decimal(str(value)))

    def share(self, value: float) -> str:
        """A share as a percentage."""
        return str(backtest_words.words(self.locale).percent(value))

    def reason(self, code: ReasonCode) -> str:
        """A reason in a few words, for admins."""
        return backtest_words.words(self.locale).reason(code)

    def moment(self, moment: Moment) -> str:
        """What a moment is called."""
        return labels.moment_name(moment, self.locale)

    def stage(self, stage: Stage) -> str:
        """What a stage is called."""
        return labels.stage_name(stage, self.locale)

    def instant(self, at: datetime, zone: str) -> str:
        """Day and time of an instant in a zone."""
        return self.formats(at.date()).instant(at, zone)

    def day(self, day: date, today: date) -> str:
        """A day; its year only where it is another one."""
        return self.formats(today).day(day)

    def formats(self, today: date) -> Formats:
        """How this language writes numbers, money and days."""
        return Formats(self._pack.babel, today)

    def typed(self, text: str) -> str:
        """A command as one types it."""
        return f"{_BEFORE[self._where]}{text}"

    def _own(self, label: str) -> object:
        names = (f"{self._where}_{label}", label)
        tables = [self._pack.words[name] for name in _TABLES]
        found = (table[name] for name in names for table in tables if name in table)
        own = next(found, None)
        before = _BEFORE[self._where]
        return own.replace(_BEFORE[SLACK], before) if isinstance(own, str) else own

    def answered(self, kind: str, until: date | None = None, today: date | None = None) -> str:
        """What closed an alert: "Noted. This won't come back before 12 March." """
        if kind == "undone" or kind not in tuple(FeedbackKind):
            return self.say("taken_back" if kind == "undone" else "over")
        return labels.outcome(FeedbackKind(kind), locale=self.locale, until=until, today=today)

    def quantities(self, story: Story) -> tuple[str, str, str] | None:
        """What is used, what is included and what that is called, as every text writes them."""
        facts = facts_of(story, self._pack)
        if "limit" not in facts:
            return None
        used, limit = facts["used"].cited, facts["limit"].cited
        return used.value, limit.value, limit.label

    def role(self, role: str) -> str:
        """What a role is called."""
        return str(self._pack.words["audiences"].get(role, role))

    def sent_to(self, name: str, at: datetime, zone: str) -> str:
        """That the story went to somebody, and when."""
        return labels.sent_to(name, at, zone, self.locale)


def words_of(context: Context, chat: str = SLACK) -> Words:
    """The words of the product's language, also where no policy was applied yet."""
    try:
        # Asked on the event loop, with every click: one just read will do.
        locale = context.policy(within=_RECENT, lenient=True).catalogue.product.locale
    except NotFound:
        locale = _DEFAULT
    return Words(best_locale(locale, _DEFAULT), chat)


def message_of(outgoing: Outgoing) -> Message:
    """The delivery's story in the words of its reader."""
    sender = outgoing.asked_by
    return wording.message(
        outgoing.story,
        outgoing.audience,
        outgoing.locale,
        can_buy=outgoing.person.can_buy,
        recipient_name=outgoing.person.name,
        asked_by=display(sender) if sender else None,
        note=outgoing.note,
    )
