"""The admin's tunables: every threshold of the decision specification, by subsection.

Defaults are those of the `balanced` preset. A value that would break an invariant is refused:
RANGES say what each number may be, and checks below what two of them may be together.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from engine.bounds import ANY, PART, POINTS, SHARE, SOME, Bounded, Range, ranges
from engine.catalogue import check


class Preset(StrEnum):
    """How soon an account counts as having arrived: 28, 14 or 7 days of onboarding."""

    QUIET = "quiet"
    BALANCED = "balanced"
    KEEN = "keen"


class Mode(StrEnum):
    """shadow: decide and record, say nothing; off: not even that."""

    SHADOW = "shadow"
    LIVE = "live"
    OFF = "off"


class Digest(StrEnum):
    """How often champions without a chat are mailed what their account got done."""

    OFF = "off"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, kw_only=True)
class DataPolicy(Bounded):
    """When usage is too old, too odd or too little to decide from."""

    RANGES = ranges(
        stale_hours=SOME,
        suspect_jump=Range(1, 3650, above=True),
        suspect_history_days=SOME,
    )

    stale_hours: int = 26
    """No report for this long from a source that reports daily."""
    suspect_jump: float = 20.0
    """A day this many times the highest of the last 56 days is suspect ..."""
    suspect_history_days: int = 28
    """... on a meter with at least this much history."""


@dataclass(frozen=True, kw_only=True)
class StagePolicy(Bounded):
    """What shows commitment."""

    RANGES = ranges(
        learning_value_days=SOME,
        learning_weeks=SOME,
        learning_leave_days=SOME,
        onboarding_days=SOME,
        rhythm_value_days=Range(2, 3650),
        rhythm_weeks=SOME,
        adopted_people=SOME,
        adopted_features=SOME,
        leave_days=SOME,
        embedded_weeks=SOME,
        embedded_periods=SOME,
        embedded_consistency=SHARE,
        embedded_consistency_leave=SHARE,
        embedded_people=SOME,
    )

    learning_value_days: int = 3
    """Value days needed for learning ..."""
    learning_weeks: int = 2
    """... in at least this many ISO weeks."""
    learning_leave_days: int = 28
    """Learning ends after this long without value."""
    onboarding_days: int = 14
    """Days from sign-up before an account can count as adopted."""
    rhythm_value_days: int = 4
    """Own rhythm: value days in the last 28 ..."""
    rhythm_weeks: int = 2
    """... in at least this many ISO weeks of the last 8."""
    adopted_people: int = 2
    """People with two value days in 28 (one is enough on one seat)."""
    adopted_features: int = 1
    """Value features used on two days in 28."""
    leave_days: int = 14
    """A stage is left when its rule has failed this long."""
    embedded_consistency: float = 0.60
    """Embedded: the 20 % quantile of the share of weeks with value ..."""
    embedded_consistency_leave: float = 0.50
    """... and below this it is left."""
    embedded_weeks: int = 8
    """Complete weeks of history needed (6 periods in a slow rhythm)."""
    embedded_periods: int = 6
    """... in a slow rhythm, closed periods instead."""
    embedded_people: int = 3
    """People with two value days in 28 ..."""
    embedded_seat_share: float = 0.30
    """... or this share of the seats, whichever is more."""
    embedded_features: int = 2
    """Value features used on two days in 28, or an integration that is live."""
    embedded_ratio: float = 0.80
    """Value of 28 days against the 28 before ..."""
    embedded_ratio_leave: float = 0.60
    """... and below this it is left."""
    dormant_days: int = 14
    """Dormant: silent longer than this ..."""
    dormant_gaps: float = 3.0
    """... and than this many usual gaps."""
    outgrowing_ratio: float = 0.90
    """Outgrowing: at least this ratio while a limit presses."""
    declining_ratio: float = 0.90
    """Value below this share of the four weeks before is declining: no ask ..."""
    declining_ratio_over: float = 0.80
    """... for sustained_over below this share."""


@dataclass(frozen=True, kw_only=True)
class ForecastPolicy(Bounded):
    """How the crossing of a limit is foreseen."""

    RANGES = ranges(
        recent_weight=SHARE,
        horizon_days=Range(1, 366),
        level_noise=Range(0, 2),
        trend_damping=SHARE,
        one_off_share=PART,
        one_off_p=PART,
        calibrate_from=Range(1, 1_000_000),
        calibrate_days=SOME,
    )

    history_days: int = 28
    """Complete days that say how much is used ..."""
    memory_days: int = 90
    """... and those that say how unevenly, and what is usual."""
    recent_weight: float = 0.70
    """How much the level rests on the former; the rest is on the latter."""
    min_days: int = 10
    """Below this many complete days: cannot tell."""
    horizon_days: int = 45
    """How far ahead a meter that never resets is looked at."""
    level_noise: float = 0.20
    """Uncertainty of the level, on the log scale."""
    trend_damping: float = 0.50
    """How much of the recent trend is believed."""
    one_off_share: float = 0.60
    """One day carries this share of the period: a one-off ..."""
    one_off_p: float = 0.50
    """... or p falls below this without that day."""
    calibrate_from: int = 200
    """Resolved forecasts needed before p is recalibrated ..."""
    calibrate_days: int = 366
    """... of as many days."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(3 <= self.min_days <= self.history_days, "min_days must be 3 to history_days")
        check(
            self.history_days <= self.memory_days <= 366, "memory_days must be history_days to 366"
        )


@dataclass(frozen=True, kw_only=True)
class SustainedOverPolicy(Bounded):
    """Closed periods over the limit in a row."""

    periods: int = 2
    """How many."""


@dataclass(frozen=True, kw_only=True)
class FrictionPolicy(Bounded):
    """The limit gets in people's way."""

    RANGES = ranges(days=SOME, people=SOME, days_if_one=SOME)

    days: int = 3
    """Days with friction in 28 ..."""
    people: int = 2
    """... by this many people ..."""
    days_if_one: int = 5
    """... or days, if it is one person."""


@dataclass(frozen=True, kw_only=True)
class AtLimitPolicy(Bounded):
    """Used has met the limit."""

    RANGES = ranges(level=SHARE, pace=Range(0, 3650, above=True))

    level: float = 0.40
    """No one-off if the last period was at least this share of the limit ..."""
    pace: float = 1.5
    """... and this week's pace ends the period at this many times the limit."""


@dataclass(frozen=True, kw_only=True)
class RightSizePolicy(Bounded):
    """Say that a smaller plan would do (opt-in)."""

    RANGES = ranges(share=PART)

    enabled: bool = False
    """Off until you want it."""
    periods: int = 3
    """Closed periods ..."""
    share: float = 0.40
    """... at most this share of the smaller limit."""


@dataclass(frozen=True, kw_only=True)
class PacePolicy(Bounded):
    """The limit will be met while there is still room to think."""

    RANGES = ranges(p=PART, p_calibrated=PART, used=PART)

    p: float = 0.80
    """Bar on the raw probability ..."""
    p_calibrated: float = 0.50
    """... and once it is calibrated."""
    used: float = 0.60
    """Share of the limit used already."""
    lead_min_days: int = 3
    """The median crossing is at least this many days ahead ..."""
    lead_max_days: int = 21
    """... and at most this many."""


@dataclass(frozen=True, kw_only=True)
class LastingPolicy(Bounded):
    """A spike is not growth: what shows that the limit will be met again."""

    level: float = 0.50
    """One of the last two periods was at least this share of the limit ..."""
    young_days: int = 45
    """... or the account is younger than this."""
    pace: float = 1.10
    """The last seven days, kept up, bring this and a whole period to this many times the limit."""


@dataclass(frozen=True, kw_only=True)
class ApproachingPolicy(Bounded):
    """Most of the limit is used."""

    RANGES = ranges(used=PART, p=PART)

    used: float = 0.80
    """Share of the limit used ..."""
    p: float = 0.50
    """... and for an ask, at least this probability of crossing."""


@dataclass(frozen=True, kw_only=True)
class MilestonePolicy(Bounded):
    """Something was accomplished."""

    RANGES = ranges(best_month=SOME)

    best_month: float = 1.20
    """The best month so far by this factor."""
    within_days: int = 3
    """A milestone is worth a word for this long."""


@dataclass(frozen=True, kw_only=True)
class AskPolicy(Bounded):
    """How seldom an account and a person are asked, over all channels."""

    RANGES = ranges(reflection_spacing_days=SOME, open_days=SOME)

    spacing_days: int = 30
    """At most one ask an account in this many days."""
    per_year: int = 4
    """... and this many in any 365."""
    person_spacing_days: int = 60
    """At most one ask a person in this many days."""
    reflection_spacing_days: int = 14
    """At most one reflection an account in this many days."""
    after_refusal_days: int = 30
    """After a refusal: this many days times 2^k, at most 365."""
    pull_only_at: float = 3.0
    """From this many refusals on Segue only answers, never starts."""
    open_days: int = 14
    """An alert nobody answers closes after this long."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.spacing_days >= 30, "spacing_days must be at least 30 (one ask in any 30 days)")
        check(1 <= self.per_year <= 4, "per_year must be 1 to 4 (four asks in any 365 days)")
        check(self.person_spacing_days >= 60, "person_spacing_days must be at least 60")
        check(self.after_refusal_days >= 30, "after_refusal_days must be at least 30")
        check(0 < self.pull_only_at <= 3, "pull_only_at must be above 0 and at most 3")


@dataclass(frozen=True, kw_only=True)
class TrustPolicy(Bounded):
    """The trust ledger: attention as an account, 0 to 100."""

    RANGES = ranges(
        start=POINTS,
        value_day=POINTS,
        ask=Range(10, 100),
        ignored_k=Range(0.75, 10),
        ignored_after_days=SOME,
        refused_k=Range(1, 10),
        after_upgrade=POINTS,
    )

    start: float = 60.0
    """What an account begins with."""
    value_day: float = 0.75
    """What each day with a value event earns."""
    before_days: int = 28
    """Value days before going live that count at the start."""
    ask: float = 40.0
    """What an ask costs ..."""
    ask_needs: float = 60.0
    """... and needs."""
    reflection: float = 5.0
    """What a reflection costs ..."""
    reflection_needs: float = 20.0
    """... and needs."""
    useful: float = 15.0
    """What "useful" or a forward earns, once an alert."""
    ignored: float = 5.0
    """What no answer costs ..."""
    ignored_k: float = 0.75
    """... and how much of a refusal it is ..."""
    ignored_after_days: int = 7
    """... after this many days."""
    refused: float = 20.0
    """What "not now" costs ..."""
    refused_k: float = 1.0
    """... as one refusal."""
    not_useful: float = 30.0
    """What "not useful" costs."""
    after_upgrade: float = 50.0
    """Where an upgrade sets the account ..."""
    upgrade_silence_days: int = 90
    """... and how long Segue is silent then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.ask_needs >= self.ask, "ask_needs must be at least ask: what an ask costs")
        # Whoever refuses must not be asked sooner for it than who says nothing.
        for name in ("refused", "not_useful"):
            check(getattr(self, name) >= self.ignored, f"{name} must be at least ignored")
        check(self.refused_k >= self.ignored_k, "refused_k must be at least ignored_k")
        left = "ask must leave what ignored costs: at most ask_needs less ignored"
        check(self.ask_needs - self.ask >= self.ignored, left)


@dataclass(frozen=True, kw_only=True)
class BlockersPolicy(Bounded):
    """How long a wrong time lasts, in days."""

    RANGES = ranges(
        incident=SOME,
        price_change=SOME,
        downgrade=SOME,
        payment=SOME,
        security=SOME,
        upgrade=Range(90, 3650),
    )

    incident: int = 14
    """After an incident."""
    ticket_urgent: int = 7
    """After an urgent ticket was closed."""
    price_change: int = 30
    """After a change of prices."""
    upgrade: int = 90
    """After an upgrade."""
    downgrade: int = 90
    """After a downgrade."""
    payment: int = 14
    """After a failed payment was paid."""
    security: int = 14
    """After a security notice."""
    renewal: int = 30
    """Before a renewal: its owner speaks, not Segue."""


@dataclass(frozen=True, kw_only=True)
class RecipientsPolicy(Bounded):
    """Who hears it."""

    RANGES = ranges(joined_days=ANY, value_days=SOME)

    joined_days: int = 14
    """Nobody who joined more recently is asked."""
    value_days: int = 4
    """A user with this many value days in 28 may see an ask and be the champion."""


@dataclass(frozen=True, kw_only=True)
class EmailPolicy(Bounded):
    """What Segue mails of its own accord to people whom no chat reaches: nothing, until you say."""

    RANGES = ranges(digest_spacing_days=SOME)

    summaries: bool = False
    """true: the champion's summary goes by e-mail where no chat reaches them."""
    digest: Digest = Digest.OFF
    """off | weekly | monthly: what their account got done, for champions without a chat ..."""
    digest_spacing_days: int = 3
    """... unless they were mailed anything else in this many days."""


@dataclass(frozen=True, kw_only=True)
class QuietPolicy(Bounded):
    """When no push is sent, in the reader's zone; the widget is not bound by it."""

    RANGES = ranges(expire_days=SOME)

    hours: tuple[str, str] = ("18:00", "09:00")
    """No push from the first until the second; equal: no quiet hours."""
    weekends: bool = True
    """true: no push on weekends."""
    holidays: bool = True
    """true: no push on public holidays of the account's country."""
    expire_days: int = 7
    """A push deferred this long is dropped."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for text in self.hours:
            hour, _, minute = text.partition(":")
            ok = len(text) == 5 and hour.isdigit() and minute.isdigit()
            check(ok and int(hour) < 24 and int(minute) < 60, f"{text!r} is not a time like 18:00")


@dataclass(frozen=True, kw_only=True)
class HoldoutPolicy(Bounded):
    """Accounts never asked, chosen at random, so that the effect of asking can be known."""

    RANGES = ranges(
        share=Range(0, 0.9),
        small_share=Range(0, 0.9),
        small_below=Range(0, 1e9),
    )

    share: float = 0.2
    """Share of accounts never asked ..."""
    small_share: float = 0.5
    """... with fewer accounts than small_below."""
    small_below: int = 400


@dataclass(frozen=True, kw_only=True)
class Policy(Bounded):
    """How Segue decides. Every key has a default; `preset` moves several at once."""

    preset: Preset = Preset.BALANCED
    """quiet | balanced | keen: 28, 14 or 7 days of onboarding."""
    mode: Mode = Mode.LIVE
    """shadow (decide and record, say nothing) | live | off"""
    rollout_days: int = 14
    """Going live: asks are released over this many days by account."""
    data: DataPolicy = field(default_factory=DataPolicy)
    stage: StagePolicy = field(default_factory=StagePolicy)
    forecast: ForecastPolicy = field(default_factory=ForecastPolicy)
    sustained_over: SustainedOverPolicy = field(default_factory=SustainedOverPolicy)
    friction: FrictionPolicy = field(default_factory=FrictionPolicy)
    at_limit: AtLimitPolicy = field(default_factory=AtLimitPolicy)
    right_size: RightSizePolicy = field(default_factory=RightSizePolicy)
    recipients: RecipientsPolicy = field(default_factory=RecipientsPolicy)
    lasting: LastingPolicy = field(default_factory=LastingPolicy)
    pace: PacePolicy = field(default_factory=PacePolicy)
    approaching: ApproachingPolicy = field(default_factory=ApproachingPolicy)
    milestone: MilestonePolicy = field(default_factory=MilestonePolicy)
    ask: AskPolicy = field(default_factory=AskPolicy)
    trust: TrustPolicy = field(default_factory=TrustPolicy)
    blockers: BlockersPolicy = field(default_factory=BlockersPolicy)
    email: EmailPolicy = field(default_factory=EmailPolicy)
    quiet: QuietPolicy = field(default_factory=QuietPolicy)
    holdout: HoldoutPolicy = field(default_factory=HoldoutPolicy)


PRESETS: dict[Preset, dict[str, dict[str, int]]] = {
    Preset.QUIET: {"stage": {"onboarding_days": 28}},
    Preset.BALANCED: {},
    Preset.KEEN: {"stage": {"onboarding_days": 7}},
}
