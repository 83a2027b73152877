"""The short words of chats (buttons, replies, states), by locale; the texts are in `templates/`."""

from datetime import date, datetime

from engine.alert import FeedbackKind
from engine.errors import NotFound
from service.context import Context
from templates import labels
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

    def say(self, label: str, **values: str) -> str:
        """A label with its values filled in."""
        own = self._pack.words["chat"].get(label)
        if own is None:
            return labels.label(label, self.locale, **values)
        return str(own).format(**{k: isolated(plain(v, _NAME)) for k, v in values.items()})

    def answered(self, kind: str, until: date | None = None) -> str:
        """What closed an alert: "Noted. This won't come back before 12 March." """
        if kind == "undone" or kind not in tuple(FeedbackKind):
            return self.say("taken_back" if kind == "undone" else "over")
        return labels.outcome(FeedbackKind(kind), locale=self.locale, until=until)

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
