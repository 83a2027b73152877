"""What a delivery says, and the short words around it; all of them are in `templates/`."""

from datetime import date, datetime

from engine.alert import FeedbackKind
from engine.errors import NotFound
from engine.story import Story
from service import wording
from service.channel import Outgoing
from service.context import Context
from service.people import display
from templates import labels
from templates.facts import facts_of
from templates.message import Message
from templates.pack import Pack, best_locale, pack
from templates.plain import plain
from templates.render import isolated

_DEFAULT = "en"
_NAME = 60


class Words:
    """The words of one language; what is put into them is made plain first."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._pack: Pack = pack(locale)

    @property
    def chat(self) -> frozenset[str]:
        """The names of the short words that only chats use."""
        return frozenset(self._pack.words["chat"])

    def say(self, label: str, **values: str) -> str:
        """A label with its values filled in."""
        own = self._pack.words["chat"].get(label)
        if own is None:
            return labels.label(label, self.locale, **values)
        return str(own).format(**{k: isolated(plain(v, _NAME)) for k, v in values.items()})

    def answered(self, kind: str, until: date | None = None, today: date | None = None) -> str:
        """What closed an alert: "Noted. This won't come back before 12 March." """
        if kind == "undone" or kind not in tuple(FeedbackKind):
            return self.say("taken_back" if kind == "undone" else "over")
        return labels.outcome(FeedbackKind(kind), locale=self.locale, until=until, today=today)

    def quantities(self, story: Story) -> tuple[str, str] | None:
        """What is used and what is included, as every text writes them."""
        facts = facts_of(story, self._pack)
        if "limit" not in facts:
            return None
        return facts["used"].cited.value, facts["limit"].cited.value

    def role(self, role: str) -> str:
        """What a role is called."""
        return str(self._pack.words["audiences"].get(role, role))

    def sent_to(self, name: str, at: datetime, zone: str) -> str:
        """That the story went to somebody, and when."""
        return labels.sent_to(name, at, zone, self.locale)


def words_of(context: Context) -> Words:
    """The words of the product's language, also where no policy was applied yet."""
    try:
        locale = context.policy().catalogue.product.locale
    except NotFound:
        locale = _DEFAULT
    return Words(best_locale(locale, _DEFAULT))


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
