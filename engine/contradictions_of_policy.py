"""What is odd about the tunables alone: one table of keys, condition and sentence.

Each row is true as it stands: "never acts" and "is never met" are shown by tests that decide with
and without the key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import exp2

from engine.policy import Digest, Policy
from engine.whole import WEEKS, beta20


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `say` is filled in with each key and its value, {0} with the first key's."""

    keys: tuple[str, ...]
    holds: Callable[[Policy], bool]
    say: str

    def odd(self, policy: Policy) -> tuple[tuple[str, ...], str]:
        """The keys and the sentence for a policy of which it holds."""
        named = [f"`policy.{key} = {_shown(value_of(policy, key))}`" for key in self.keys]
        return tuple(f"policy.{key}" for key in self.keys), self.say.format(*named)


def value_of(policy: Policy, key: str) -> object:
    """The value of a key below [policy]."""
    value: object = policy
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _shown(value: object) -> str:
    """A value as the policy file writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            return str(value)


def _moved(policy: Policy, *keys: str) -> bool:
    """Whether any of the keys is not at its default: what nobody set is no surprise."""
    return any(value_of(policy, key) != value_of(_DEFAULT, key) for key in keys)


@cache
def _most_asks(policy: Policy) -> int:
    """The most asks that spacing and trust allow in 365 days: used daily, each found useful."""
    trust, left, asks = 100.0, 0, 0
    for _ in range(_YEAR):
        if left <= 0 and trust >= policy.trust.ask_needs:
            trust = min(trust - policy.trust.ask + policy.trust.useful, 100.0)
            left, asks = policy.ask.spacing_days, asks + 1
        trust, left = min(trust + policy.trust.value_day, 100.0), left - 1
    return asks


def _apart(policy: Policy) -> int:
    """Days that lie between two asks at least, by spacing and by the year's number."""
    return max(policy.ask.spacing_days, _YEAR if policy.ask.per_year == 1 else 0)


def _rest(policy: Policy, refusals: float) -> float:
    """Days of rest after so many refusals."""
    return min(float(_YEAR), policy.ask.after_refusal_days * exp2(min(refusals, 9.0)))


def _open_minutes(policy: Policy) -> int:
    """Minutes of a day in which a push may go out."""
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in policy.quiet.hours)
    return _DAY - (end - start) % _DAY


def _closed_days(policy: Policy) -> float:
    """The longest time without a push, in days: a night, a weekend, or Easter."""
    days = 4 if policy.quiet.holidays and policy.quiet.weekends else 2
    days = days if policy.quiet.weekends else 0
    return days + 1 - _open_minutes(policy) / _DAY


_DEFAULT = Policy()
_YEAR, _DAY = 365, 24 * 60
_HISTORY = 400

RULES: tuple[Rule, ...] = (
    Rule(
        ("data.suspect_history_days",),
        lambda p: p.data.suspect_history_days > _HISTORY,
        "{0} never comes: 400 days are known at most, so no jump is ever suspect; use 28.",
    ),
    Rule(
        ("data.stale_hours",),
        lambda p: p.data.stale_hours < 24,
        "{0} calls a source that reports once a day stale before its next report is due, and "
        "holds notices back too: use 24 or more.",
    ),
    Rule(
        ("stage.rhythm_value_days",),
        lambda p: p.stage.rhythm_value_days > 28,
        "{0} is never met: value days are counted in 28 days, so only use in periods can show a "
        "rhythm; use 28 or less.",
    ),
    Rule(
        ("stage.rhythm_weeks",),
        lambda p: p.stage.rhythm_weeks > WEEKS,
        "{0} is never met: only the last 8 weeks are looked at; use 8 or less.",
    ),
    Rule(
        ("stage.embedded_weeks",),
        lambda p: p.stage.embedded_weeks > WEEKS,
        "{0} is never met: only the last 8 weeks are looked at, so no account that works by the "
        "week is ever embedded; use 8 or less.",
    ),
    Rule(
        ("stage.embedded_periods",),
        lambda p: p.stage.embedded_periods > WEEKS,
        "{0} is never met: only the last 8 closed periods are looked at; use 8 or less.",
    ),
    Rule(
        ("stage.embedded_consistency",),
        lambda p: p.stage.embedded_consistency > beta20(WEEKS, WEEKS),
        "{0} is never met: eight weeks out of eight come to 0.73; use less.",
    ),
    Rule(
        ("stage.embedded_consistency_leave", "stage.embedded_consistency"),
        lambda p: p.stage.embedded_consistency_leave >= p.stage.embedded_consistency,
        "{0} leaves no band below {1}: an account that just misses it is already on its way out; "
        "let it leave at clearly less than it enters at.",
    ),
    Rule(
        ("stage.embedded_ratio_leave", "stage.embedded_ratio"),
        lambda p: p.stage.embedded_ratio_leave >= p.stage.embedded_ratio,
        "{0} leaves no band below {1}: an account that just misses it is already on its way out; "
        "let it leave at clearly less than it enters at.",
    ),
    Rule(
        ("stage.embedded_seat_share",),
        lambda p: p.stage.embedded_seat_share > 1,
        "{0} asks for more people than there are seats, so no account with several seats is ever "
        "embedded; use a share up to 1.",
    ),
    Rule(
        ("stage.declining_ratio",),
        lambda p: p.stage.declining_ratio > 1,
        "{0} calls steady use declining, so only growing accounts are ever asked; use 1 or less.",
    ),
    Rule(
        ("stage.declining_ratio_over", "stage.declining_ratio"),
        lambda p: p.stage.declining_ratio_over > p.stage.declining_ratio,
        "{0} is stricter with accounts over their limit than {1} is with all others: it was made "
        "to be the milder one, so lower it.",
    ),
    Rule(
        ("stage.outgrowing_ratio", "stage.declining_ratio"),
        lambda p: p.stage.outgrowing_ratio < p.stage.declining_ratio,
        "{0} calls accounts outgrowing whose asks {1} holds back as declining: raise the first or "
        "lower the second.",
    ),
    Rule(
        ("forecast.min_days", "stage.onboarding_days"),
        lambda p: p.forecast.min_days > p.stage.onboarding_days and _moved(p, "forecast.min_days"),
        "{0} masks {1}: an account that is in use from its first day can be asked only when there "
        "are enough days to tell; lower the first or raise the second.",
    ),
    Rule(
        ("forecast.one_off_share",),
        lambda p: p.forecast.one_off_share <= 1 / 7,
        "{0} takes every first week of a period for a one-off, for one of so few days always "
        "carries that much: use a half or more.",
    ),
    Rule(
        ("forecast.one_off_p", "pace.p"),
        lambda p: p.forecast.one_off_p > p.pace.p,
        "{0} lies above {1}: a pace between the two is spoken of without asking whether one day "
        "alone explains it; use no more than {1}.",
    ),
    Rule(
        ("sustained_over.periods",),
        lambda p: p.sustained_over.periods < 1,
        "{0} switches sustained_over off: use 1 or more.",
    ),
    Rule(
        ("friction.days", "friction.days_if_one"),
        lambda p: p.friction.days > 28 and p.friction.days_if_one > 28,
        "{0} and {1} are never met: friction is counted in 28 days; use 28 or less.",
    ),
    Rule(
        ("friction.days_if_one", "friction.days"),
        lambda p: p.friction.people > 1 and p.friction.days_if_one < p.friction.days,
        "{0} asks less of one person than {1} does of several: with a second person the same days "
        "no longer suffice; let it be the larger one.",
    ),
    Rule(
        ("friction.people", "friction.days_if_one"),
        lambda p: p.friction.people <= 1 and _moved(p, "friction.people"),
        "{0} masks {1}, which never acts: one person is enough already; use 2 or more.",
    ),
    Rule(
        ("at_limit.pace",),
        lambda p: p.at_limit.pace <= 1,
        "{0} always holds at the limit, whatever this week's pace is: use more than 1.",
    ),
    Rule(
        ("right_size.share", "right_size.periods", "right_size.enabled"),
        lambda p: not p.right_size.enabled and _moved(p, "right_size.share", "right_size.periods"),
        "{0} and {1} never act: {2}; set it to true, or leave them out.",
    ),
    Rule(
        ("right_size.periods",),
        lambda p: p.right_size.enabled and p.right_size.periods < 1,
        "{0} switches right_size off: use 1 or more, or set enabled to false.",
    ),
    Rule(
        ("recipients.value_days",),
        lambda p: p.recipients.value_days > 28,
        "{0} is never met: value days are counted in 28 days, so only people with the role "
        "champion hear an ask by a push; use 28 or less.",
    ),
    Rule(
        ("pace.used",),
        lambda p: p.pace.used >= 1,
        "{0} is met only at the limit, where nothing lies ahead any more: pace never speaks; use "
        "a share below 1.",
    ),
    Rule(
        ("pace.lead_min_days", "pace.lead_max_days"),
        lambda p: p.pace.lead_min_days > p.pace.lead_max_days,
        "{0} lies above {1}: no day is both, so pace never speaks; swap them.",
    ),
    Rule(
        ("lasting.young_days", "stage.onboarding_days"),
        lambda p: p.lasting.young_days <= p.stage.onboarding_days,
        "{0} never acts: an account that young is held back by {1} anyway; raise it above that.",
    ),
    Rule(
        ("approaching.used", "pace.used"),
        lambda p: (
            p.approaching.used <= p.pace.used
            and p.approaching.p <= min(p.pace.p, p.pace.p_calibrated)
        ),
        "{0} is no later than {1} and asks for less certainty: whenever pace holds, approaching "
        "holds already, so pace seldom comes first; let approaching begin later.",
    ),
    Rule(
        ("approaching.used",),
        lambda p: p.approaching.used >= 1,
        "{0} is met only at the limit, where at_limit speaks instead: approaching never does, not "
        "even as a notice before work stops; use a share below 1.",
    ),
    Rule(
        ("pace.p", "approaching.p"),
        lambda p: p.pace.p < p.approaching.p,
        "{0} lies below {1}: near the limit more certainty is wanted than far from it; raise the "
        "first or lower the second.",
    ),
    Rule(
        ("pace.p_calibrated", "approaching.p"),
        lambda p: p.pace.p_calibrated < p.approaching.p,
        "{0} lies below {1}: once calibrated, more certainty is wanted near the limit than far "
        "from it; raise the first or lower the second.",
    ),
    Rule(
        ("milestone.best_month", "milestone.within_days"),
        lambda p: p.milestone.within_days < 1 and _moved(p, "milestone.best_month"),
        "{0} never acts: with {1} no milestone is ever spoken of; use 1 or more.",
    ),
    Rule(
        ("ask.per_year", "ask.spacing_days"),
        lambda p: p.ask.per_year > 1 and p.ask.per_year * p.ask.spacing_days >= _YEAR,
        "{0} never acts: with {1} there are never more asks than that in 365 days; lower one of "
        "the two.",
    ),
    Rule(
        ("ask.spacing_days", "ask.per_year"),
        lambda p: p.ask.per_year == 1 and p.ask.spacing_days < _YEAR,
        "{0} never acts: {1} keeps asks 365 days apart; leave it out, or allow 2 a year.",
    ),
    Rule(
        ("ask.person_spacing_days", "ask.spacing_days", "ask.per_year"),
        lambda p: p.ask.person_spacing_days <= _apart(p),
        "{0} never acts: {1} and {2} keep all asks of an account that far apart already; raise "
        "it, or leave it out.",
    ),
    Rule(
        ("ask.per_year", "trust.ask", "trust.ask_needs", "trust.value_day"),
        lambda p: (
            p.ask.per_year * p.ask.spacing_days < _YEAR
            and p.trust.ask_needs <= 100
            and _most_asks(p) <= p.ask.per_year
        ),
        "{0} never acts: with {1}, {2} and {3} trust comes back so slowly that even an account in "
        "use every day is never asked more often; let an ask cost less, or lower per_year.",
    ),
    Rule(
        ("ask.after_refusal_days", "ask.spacing_days"),
        lambda p: _rest(p, p.trust.refused_k) <= p.ask.spacing_days,
        '{0} does nothing for a first "not now" given at once: the rest that follows is no longer '
        "than {1} keeps asks apart anyway; raise it to more than half of that.",
    ),
    Rule(
        ("ask.reflection_spacing_days", "ask.spacing_days"),
        lambda p: p.ask.reflection_spacing_days > p.ask.spacing_days,
        "{0} lies above {1}: after an ask the next ask may come before the next reflection, which "
        "proposes nothing; let reflections wait no longer than asks.",
    ),
    Rule(
        ("ask.open_days", "ask.spacing_days"),
        lambda p: p.ask.open_days > p.ask.spacing_days,
        "{0} lies above {1}: a second ask may come while the first is still open; close it sooner.",
    ),
    Rule(
        ("ask.pull_only_at", "trust.refused_k"),
        lambda p: p.ask.pull_only_at <= p.trust.refused_k,
        '{0} is reached by a single "not now" ({1}): the account is never asked again before it '
        "upgrades, and no rest after a refusal ever acts; use 3.",
    ),
    Rule(
        ("ask.pull_only_at", "trust.ignored_k"),
        lambda p: p.trust.refused_k > p.trust.ignored_k >= p.ask.pull_only_at,
        "{0} is reached by one ask that nobody answers ({1}): use 3.",
    ),
    Rule(
        ("trust.ask_needs",),
        lambda p: p.trust.ask_needs > 100,
        "{0} is never met, for trust ends at 100: nobody is ever asked; use 60.",
    ),
    Rule(
        ("trust.reflection_needs",),
        lambda p: p.trust.reflection_needs > 100,
        "{0} is never met, for trust ends at 100: no reflection is ever shown; use 20.",
    ),
    Rule(
        ("trust.start", "trust.ask_needs"),
        lambda p: (
            p.trust.start + p.trust.before_days * p.trust.value_day < p.trust.ask_needs <= 100
        ),
        "{0} lies so far below {1} that nobody can be asked on the first day, not even who used "
        "it every day before: raise the first if that is not what you want.",
    ),
    Rule(
        ("trust.value_day",),
        lambda p: p.trust.value_day <= 0,
        "{0} lets trust never come back by use: after an ask or two an account is never asked "
        "again unless it answers; use 0.75.",
    ),
    Rule(
        ("trust.reflection_needs", "trust.ask_needs"),
        lambda p: 100 >= p.trust.reflection_needs > p.trust.ask_needs,
        "{0} lies above {1}: an account may be asked and yet is not shown what it accomplished; "
        "lower it.",
    ),
    Rule(
        ("trust.reflection", "trust.ask"),
        lambda p: p.trust.reflection > p.trust.ask,
        "{0} lies above {1}: a note that proposes nothing costs more than an ask; lower it.",
    ),
    Rule(
        ("trust.useful", "trust.ask"),
        lambda p: p.trust.useful >= p.trust.ask,
        "{0} is no less than {1}: an ask that is called useful pays for the next one, so trust "
        "no longer holds asks back; lower it.",
    ),
    Rule(
        ("trust.not_useful", "trust.refused"),
        lambda p: p.trust.not_useful < p.trust.refused,
        '{0} lies below {1}: "not useful" costs less than "not now"; raise it.',
    ),
    Rule(
        ("trust.ignored_after_days", "ask.spacing_days"),
        lambda p: p.trust.ignored_after_days > p.ask.spacing_days,
        "{0} lies above {1}: the next ask may come before silence on the last one counts as an "
        "answer; let it count sooner.",
    ),
    Rule(
        ("trust.upgrade_silence_days", "blockers.upgrade"),
        lambda p: p.trust.upgrade_silence_days < p.blockers.upgrade,
        "{0} never acts: {1} is silent for longer after an upgrade; the longer one holds, so set "
        "them alike.",
    ),
    Rule(
        ("blockers.upgrade", "trust.upgrade_silence_days"),
        lambda p: p.blockers.upgrade < p.trust.upgrade_silence_days,
        "{0} never acts: {1} is silent for longer after an upgrade; the longer one holds, so set "
        "them alike.",
    ),
    Rule(
        ("trust.after_upgrade", "trust.ask_needs", "trust.upgrade_silence_days"),
        lambda p: (
            p.trust.after_upgrade
            + max(p.trust.upgrade_silence_days, p.blockers.upgrade) * p.trust.value_day
            < p.trust.ask_needs
            <= 100
        ),
        "{0} lies so far below {1} that {2} is not the end of the silence, even in use every day: "
        "raise the first.",
    ),
    Rule(
        ("email.digest_spacing_days", "email.digest"),
        lambda p: p.email.digest is Digest.OFF and _moved(p, "email.digest_spacing_days"),
        "{0} never acts: {1}; set it to weekly or monthly, or leave the former out.",
    ),
    Rule(
        ("email.digest_spacing_days", "email.digest"),
        lambda p: p.email.digest is Digest.WEEKLY and p.email.digest_spacing_days >= 7,
        "{0} is no shorter than a week, with {1}: each digest holds the next one back; use 3.",
    ),
    Rule(
        ("quiet.hours",),
        lambda p: _open_minutes(p) < 60,
        "{0} leaves less than an hour a day for a push: most wait for days and are dropped; widen "
        "it, or give the same time twice for no quiet hours.",
    ),
    Rule(
        ("quiet.expire_days", "quiet.weekends", "quiet.holidays"),
        lambda p: p.quiet.expire_days <= _closed_days(p),
        "{0} is over before a long silence ends ({1}, {2}): what is due as it begins is dropped "
        "and never sent by a push; use 7.",
    ),
    Rule(
        ("holdout.share", "holdout.small_share"),
        lambda p: p.holdout.share == 0 and p.holdout.small_share == 0,
        "{0} and {1} hold nobody out: what asking earns can't be measured, and the report says "
        "NOT_MEASURED; hold some accounts out.",
    ),
    Rule(
        ("holdout.share", "holdout.small_below"),
        lambda p: p.holdout.share == 0 < p.holdout.small_share and p.holdout.small_below > 0,
        "{0} ends the measuring as soon as there are more accounts than {1}: hold some out then "
        "as well.",
    ),
    Rule(
        ("holdout.small_share", "holdout.share"),
        lambda p: 0 < p.holdout.small_share < p.holdout.share,
        "{0} lies below {1}: few accounts need the larger share to tell anything; swap them.",
    ),
    Rule(
        ("holdout.small_share", "holdout.small_below"),
        lambda p: p.holdout.small_below < 1 and _moved(p, "holdout.small_share"),
        "{0} never acts: with {1} there are never so few accounts; raise small_below.",
    ),
)
"""In the order of the policy file."""
