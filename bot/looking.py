"""What is shown before anybody gets it: whose it would be, and whether its moment holds now."""

from collections.abc import Sequence

from bot.words import Words
from engine.snapshot import Person, Role
from service.channel import DeliveryKind, Outgoing, Recipient
from service.people import display
from service.preview import Preview
from templates.samples import sample_story


def about(found: Sequence[Preview], words: Words, moment: str) -> tuple[str, tuple[str, ...]]:
    """A title over previews of a moment, and what is to be known of them."""
    first = found[0]
    name = first.outgoing.story.account_name or first.outgoing.account
    title = words.say("preview_about", moment=moment, account=name)
    lines = [words.say("preview_holds" if first.holds else "preview_not")]
    if first.missing:
        lines.append(words.say("preview_forecast"))
    return title[:1].upper() + title[1:], tuple(lines)


def whose(one: Preview, words: Words) -> str:
    """Whose message it would be."""
    to = words.say("preview_to", name=display(one.to)) if one.to else words.say("preview_to_nobody")
    return f"{words.say(f'preview_as_{one.audience}')} · {to}"


def of_whom(outgoing: Outgoing, words: Words) -> str:
    """Whose message it is that a champion looks at."""
    role, person = outgoing.audience, outgoing.person
    if not person.id:
        return words.say(f"preview_{role}")
    return words.say("preview_of", name=display(person), role=words.role(role))


def sample(words: Words) -> Outgoing:
    """A sample summary, to see that messages arrive."""
    return Outgoing(
        id="sample",
        kind=DeliveryKind.SUMMARY,
        alert="sample",
        account="sample",
        person=Person(id="mara", role=Role.CHAMPION, name="Mara Lindt", can_buy=True),
        address=None,
        story=sample_story(words.locale),
        audience=Role.CHAMPION,
        locale=words.locale,
        recipients=(Recipient(id="r", name="Marta Silva", role=Role.MANAGER, channel="slack"),),
    )
