"""The admin's verbs that only look: how it stands, why, what was earned, what is wrong."""

from collections.abc import Callable
from decimal import Decimal

from bot.desk_hooks import troubles
from bot.grammar import Command
from bot.said import Said
from bot.words import Words
from engine.alert import AlertClass
from engine.catalogue import Meter, Plan
from engine.errors import NotFound
from engine.lift import Lift, LiftState
from service import detail, doctor, lift, policy_edit, timeline, week
from service.arm import share_of
from service.context import Context
from service.explain import Explanation
from service.policy_edit import Key

Verb = Callable[[Context, Words, Command], Said]
COMMON = (
    "mode",
    "preset",
    "ask.spacing_days",
    "ask.per_year",
    "quiet.hours",
    "quiet.weekends",
    "holdout.share",
    "pace.used",
)
"""The keys that people change most."""
_EVIDENCE = 10


def status(context: Context, words: Words, command: Command) -> Said:
    """How Segue stands, on one screen."""
    found, applied = week.overview(context), context.policy()
    health = doctor.examine(context)
    policy = words.say(
        "status_policy",
        version=str(applied.version),
        preset=applied.policy.preset,
        mode=applied.policy.mode,
    )
    state = words.say("paused" if health.paused else "going_out")
    pairs = [
        (words.say("policy"), policy),
        (words.say("suggestions"), state),
        (words.say("accounts"), words.number(found.accounts)),
        (words.say("said_this_week"), said_this_week(found, words)),
        (words.say("held_out"), held_out(health, words)),
    ]
    lines = (*health.problems, *health.paused, *_hooks(context, health, words))
    return Said(title=words.say("status_title"), lines=lines, pairs=tuple(pairs))


def meters(context: Context, words: Words, command: Command) -> Said:
    """What is counted, and how."""
    known = context.policy().catalogue.meters.values()
    pairs = tuple((_name(m), _about(m, words)) for m in known)
    return Said(title=words.say("meters_title"), pairs=pairs, small=(words.say("in_the_file"),))


def plans(context: Context, words: Words, command: Command) -> Said:
    """What is sold, what it includes, and what follows it."""
    catalogue = context.policy().catalogue
    pairs = tuple(
        (f"{p.name} ({p.key})", _of_plan(p, context, words)) for p in catalogue.plans.values()
    )
    return Said(title=words.say("plans_title"), pairs=pairs, small=(words.say("in_the_file"),))


def policy_key(context: Context, words: Words, command: Command) -> Said:
    """One key with its value and what it means."""
    key = policy_edit.find(context, command.key or "")
    meaning = policy_edit.meaning(key.path)
    change = words.tell("change_with", example=words.typed(f"policy {key.path} …"))
    return Said(
        title=key.path,
        lines=(meaning,) if meaning else (),
        pairs=((words.say("in_force"), policy_edit.shown(key.value)),),
        small=(change,),
    )


def quiet_hours(context: Context, words: Words, command: Command) -> Said:
    """When nobody is pushed anything."""
    quiet = context.policy().policy.quiet
    yes, no = words.say("yes"), words.say("no")
    start, end = quiet.hours
    return Said(
        title=words.say("quiet_title"),
        lines=(words.say("quiet_between", start=start, end=end),),
        pairs=(
            (words.say("quiet_weekends"), yes if quiet.weekends else no),
            (words.say("quiet_holidays"), yes if quiet.holidays else no),
        ),
        small=(words.tell("change_with", example=words.typed(command.verb.examples[-1])),),
    )


def why(context: Context, words: Words, command: Command) -> Said:
    """Why an account was spoken to or not, like a sentence; then what that rests on."""
    on = command.on.isoformat() if command.on else None
    found = detail.one(context, command.account or "", on=on)
    told = found.explanation
    pairs = [*told.lines[:_EVIDENCE]]
    lines = [told.sentence]
    if told.customer != told.sentence:
        lines.append(words.tell("why_customer", sentence=told.customer))
    if found.texts and found.texts[0].message is not None:
        text = found.texts[0]
        label = "why_said" if text.sent else "why_would_say"
        lines.append(words.tell(label, text=text.message.body if text.message else ""))
    return Said(
        title=_account(told),
        lines=tuple(lines),
        pairs=tuple((label[:1].upper() + label[1:], value) for label, value in pairs),
        small=(words.tell("why_when", at=words.instant(told.at, str(told.zone))),),
        links=((words.say("why_timeline"), timeline.link(context, told.stored.account)),),
    )


def holdout(context: Context, words: Words, command: Command) -> Said:
    """How many accounts are held out, and until when."""
    health, policy = doctor.examine(context), context.policy().policy
    share = share_of(policy, week.overview(context).accounts)
    lines = [words.say("holdout_share", share=words.share(share))]
    if health.until:
        today = context.clock.now().date()
        lines.append(words.say("holdout_until", until=words.day(health.until, today)))
    return Said(
        title=words.say("holdout_title"),
        lines=(held_out(health, words), *lines),
        small=(words.say("holdout_exclude"),),
    )


def report(context: Context, words: Words, command: Command) -> Said:
    """What was said in a week, what was held back, and what the asks earned."""
    found = week.overview(context)
    held = [
        (words.reason(h.reason), words.count("n_accounts", h.accounts)) for h in found.held_back
    ]
    said = words.tell("in_seven_days", said=said_this_week(found, words))
    heading = (words.say("admin_held"),) if held else ()
    return Said(
        title=words.say("report_title"),
        lines=(said, *lift_lines(lift.report(context), words), *heading),
        pairs=tuple((label[:1].upper() + label[1:], value) for label, value in held),
    )


def examine(context: Context, words: Words, command: Command) -> Said:
    """What is wrong and what is held back."""
    health = doctor.examine(context)
    wrong = (*health.problems, *unmailed(health.unmailed, words), *_hooks(context, health, words))
    found = wrong or (words.say("nothing_wrong"),)
    return Said(
        title=words.say("doctor_title"), lines=(*found, *health.paused, held_out(health, words))
    )


def unmailed(keys: tuple[str, ...], words: Words) -> tuple[str, ...]:
    """That what the policy has mailed is not, since e-mail is not set up."""
    return (words.say("doctor_unmailed", keys=", ".join(keys)),) if keys else ()


def held_out(health: doctor.Health, words: Words) -> str:
    """How many accounts are held out, of those that could have been asked."""
    if not health.drawn:
        return words.say("held_out_none")
    return words.say(
        "held_out_of", held=words.number(health.held), drawn=words.number(health.drawn)
    )


def said_this_week(found: week.Overview, words: Words) -> str:
    """How many of each class were raised in the week."""
    counts = [(kind, found.count(kind)) for kind in AlertClass]
    parts = [words.count(f"n_{kind}", n) for kind, n in counts if n]
    return ", ".join(parts) or words.say("nothing_said")


def lift_lines(found: Lift, words: Words) -> tuple[str, ...]:
    """What can be said of what the asks earned."""
    lines = [words.say(f"lift_{found.state}")]
    exposed = found.exposed
    if found.state is not LiftState.NOT_MEASURED:
        asked, held = words.number(exposed.treated.n), words.number(exposed.holdout.n)
        lines.append(words.say("lift_counts", asked=asked, held=held))
    if found.needs:
        lines.append(words.say("lift_needs", more=words.number(found.needs)))
    if found.effect is not None and found.low is not None and found.high is not None:
        parts = {"effect": found.effect, "low": found.low, "high": found.high}
        lines.append(words.tell("lift_effect", **{k: points(v, words) for k, v in parts.items()}))
    return tuple(lines)


def points(share: float, words: Words) -> str:
    """A difference of shares with its sign, in percentage points."""
    rounded = round(Decimal(str(100 * share)), 1)
    return ("+" if rounded > 0 else "") + words.number(rounded)


def _hooks(context: Context, health: doctor.Health, words: Words) -> tuple[str, ...]:
    """What is wrong with webhooks; where there is no policy yet, there is something else first."""
    if not health.hooks:
        return ()
    return troubles(health.hooks, words, context.policy().catalogue.product.time_zone)


def _name(meter: Meter) -> str:
    return f"{meter.name.other[:1].upper()}{meter.name.other[1:]} ({meter.key})"


def _about(meter: Meter, words: Words) -> str:
    meaning = "meaningful" if meter.meaningful else "vanity"
    names = (f"aggregation_{meter.aggregation}", f"kind_{meter.kind}", f"limit_{meter.at_limit}")
    return ", ".join(words.say(name) for name in (*names, meaning))


def _of_plan(plan: Plan, context: Context, words: Words) -> str:
    catalogue = context.policy().catalogue
    formats = words.formats(context.clock.now().date())
    price = catalogue.price(plan, catalogue.product.currency)
    parts = []
    if price is not None:
        per = words.say(f"per_{plan.period}")
        parts.append(f"{formats.money(price, catalogue.product.currency)} {per}".strip())
    for name, limit in plan.limits.items():
        meter = catalogue.meters[name].name.other
        amount = words.say("unlimited") if limit is None else words.number(limit)
        parts.append(f"{amount} {meter}")
    following = catalogue.plans.get(plan.next or "")
    parts.append(
        words.say("plan_next", plan=following.name) if following else words.say("plan_last")
    )
    return "; ".join(parts)


def _account(told: Explanation) -> str:
    name = told.facts.account.name if told.facts else None
    account = told.stored.account
    return f"{name} ({account})" if name and name != account else account


def common(context: Context) -> list[Key]:
    """The keys that people change most, as they stand."""
    known = {key.path: key for key in policy_edit.keys(context.policy().policy)}
    if any(path not in known for path in COMMON):
        raise NotFound("a common key is none")
    return [known[path] for path in COMMON]
