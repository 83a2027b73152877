"""Help that teaches by example, and what to say where something typed can't be understood."""

from bot.grammar import Command, Misread, Wrong
from bot.said import Said
from bot.verbs import AT, Part, Place, Verb
from bot.words import Words
from engine.alert import Moment
from engine.snapshot import Role

_MOMENTS = ", ".join(Moment)
_AUDIENCES = ", ".join((Role.USER, Role.CHAMPION, Role.MANAGER, Role.FINANCE))


def helped(command: Command | Misread, place: Place, words: Words) -> Said:
    """What is said to what was misread, or asks for help."""
    if isinstance(command, Misread):
        return hint(command, place, words)
    return about(command.about, words) if command.about else overview(place, words)


def overview(place: Place, words: Words) -> Said:
    """Every verb of a place, by an example of how it is typed."""
    pairs = tuple((words.typed(v.usage), words.say(v.label)) for v in AT[place].values())
    small = words.tell("help_small", example=words.typed(f"help {_taught(place)}"))
    return Said(title=words.say(f"help_{place}"), pairs=pairs, small=(small,))


def about(verb: Verb, words: Words) -> Said:
    """One verb: what it does, how it is typed, and examples."""
    more = f"{verb.label}_more"
    what = words.say(verb.label)
    lines = [f"{what[:1].upper()}{what[1:]}."]
    if words.has(more):
        lines.append(words.say(more))
    if Part.MOMENT in verb.takes:
        lines.append(words.tell("moments_are", known=_MOMENTS))
    examples = tuple(words.typed(example) for example in verb.examples)
    return Said(
        title=words.typed(verb.usage),
        lines=tuple(lines),
        after=(words.count("examples", len(examples)), *examples),
    )


def hint(misread: Misread, place: Place, words: Words) -> Said:
    """What was probably meant."""
    shown = misread.typed
    match misread.wrong:
        case Wrong.NO_VERB:
            lines = [words.say("no_such_verb", typed=shown)]
            if misread.nearest:
                lines.append(words.say("did_you_mean", verb=words.typed(misread.nearest)))
            return Said(lines=(*lines, words.say("see_help")))
        case Wrong.ELSEWHERE:
            lines = [words.say(f"elsewhere_{place}", verb=shown.lower())]
            if misread.nearest:
                lines.append(words.say("did_you_mean", verb=words.typed(misread.nearest)))
            return Said(lines=(*lines, words.say("see_help")))
        case Wrong.NOT_NEEDED:
            lines = [words.say("takes_less", typed=shown) if shown else words.say("one_of_them")]
        case Wrong.MISSING:
            lines = [words.say(f"missing_{misread.wants}")]
        case Wrong.UNREADABLE:
            lines = [words.say(f"unreadable_{misread.wants}", typed=shown)]
    return Said(lines=(*lines, *_helpful(misread, words)))


def _helpful(misread: Misread, words: Words) -> list[str]:
    lines = []
    if misread.nearest:
        lines.append(words.say("did_you_mean", verb=misread.nearest))
    elif misread.wants is Part.MOMENT:
        lines.append(words.tell("moments_are", known=_MOMENTS))
    elif misread.wants is Part.AUDIENCE:
        lines.append(words.tell("audiences_are", known=_AUDIENCES))
    if misread.verb is not None:
        example = words.typed(misread.verb.examples[_example(misread)])
        lines.append(words.say("example", example=example))
    return lines


def _example(misread: Misread) -> int:
    """The example that shows what was missing, else the simplest."""
    verb = misread.verb
    if verb is None or misread.wants is None:
        return 0
    word = {Part.KEY: "revoke", Part.DAY: " on ", Part.AUDIENCE: " as "}.get(misread.wants, "")
    if misread.wants is Part.HOURS:
        word = ":"
    found = [i for i, example in enumerate(verb.examples) if word and word in example]
    return found[0] if found else 0


def _taught(place: Place) -> str:
    return "mute" if place is Place.HOME else "quiet"
