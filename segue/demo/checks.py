"""The demo's promises, checked against what everybody really got."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from engine.alert import AlertClass, Outcome
from engine.story import Story
from segue.demo import captions, world
from segue.demo.cast import QUESTION, Cast, text_of
from segue.demo.sight import Raised, Sight, see
from segue.demo.world import HERO, PLAYERS, Player
from service import explain, frozen
from service.ledger import of_account

_ASK, _NOTICE = AlertClass.ASK, AlertClass.NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise and whether it was kept."""

    promise: str
    kept: bool


def checks(cast: Cast) -> list[Check]:
    """Every promise of the demo."""
    seen = {p.id: sight for p in PLAYERS if (sight := see(cast.demo.live.context, p))}
    promised = (*_LEFT_ALONE, *_ASKED, *_ALL)
    return [Check(promise=text, kept=bool(test(cast, seen))) for text, test in promised]


Seen = dict[str, Sight]
Test = Callable[[Cast, Seen], object]


def _raised(sight: Sight, kind: AlertClass) -> list[Raised]:
    return [r for r in sight.raised if r.alert.key.alert_class is kind]


def _nothing(cast: Cast, seen: Seen, part: str) -> bool:
    """Nobody at the account got anything, on any channel."""
    player = _part(part)
    banners = [b for b in cast.banners if b.player is player]
    return not (seen[player.id].raised or banners or cast.posts(player) or _mails(cast, player))


def _mails(cast: Cast, player: Player) -> list[str]:
    addresses = {player.email(a) for a in player.people}
    return [m.to for m in cast.demo.live.mailbox.mails if m.to in addresses]


def _part(part: str) -> Player:
    return next(p for p in PLAYERS if p.part == part)


def _held(cast: Cast, part: str, reason: str) -> bool:
    """A moment was there, and the silence has this reason."""
    notes = cast.demo.driver.story.notes
    return any(n.account == _part(part).id and n.held == reason for n in notes)


def _spike(cast: Cast) -> bool:
    notes = cast.demo.driver.story.notes
    return any(n.account == _part("spikes").id and n.kind == "spike" for n in notes)


def _waits(cast: Cast, seen: Seen) -> bool:
    sight = seen[_part("waits").id]
    return not _raised(sight, _ASK) and _held(cast, "waits", "ticket_open")


def _one_ask(cast: Cast, seen: Seen) -> bool:
    """One alert, one banner and one Slack message; to the champion and nobody else."""
    asks = _raised(seen[HERO.id], _ASK)
    banners = [b for b in cast.banners if b.player is HERO and b.alert_class == "ask"]
    pushes = [d for r in asks for d in r.deliveries if d.kind == "summary" and d.state == "sent"]
    told = {(d.channel, d.person) for d in pushes}
    return len(asks) == len(banners) == len(pushes) == 1 and told == {("slack", HERO.champion.id)}


def _ask(seen: Seen) -> tuple[Raised, Story]:
    asked = _raised(seen[HERO.id], _ASK)[0]
    return asked, frozen.story(asked.alert.story)


def _room(cast: Cast, seen: Seen) -> bool:
    """The ask came three days or more ahead, and the limit was met within the range it named."""
    asked, told = _ask(seen)
    met, ahead = _met(seen[HERO.id], asked), told.main.forecast
    if met is None or ahead is None:
        return False
    return (met - asked.alert.raised_at.date()).days >= 3 and ahead.low <= met <= ahead.high


def _met(sight: Sight, asked: Raised) -> date | None:
    """The day on which that month's usage met the limit."""
    told, first = frozen.story(asked.alert.story).main, sight.meter.first_day
    if first is None or told.limit is None or told.period_end is None:
        return None
    used, day = 0.0, told.period_start
    while day < told.period_end:
        used += sight.meter.daily[(day - first).days]
        if used >= told.limit:
            return day
        day += timedelta(days=1)
    return None


def _forwarded(cast: Cast, seen: Seen) -> bool:
    forwards = _ask(seen)[0].forwards
    mails = _mails(cast, HERO)
    sent = [(f.to, f.state) for f in forwards]
    return sent == [(HERO.finance.id, "sent")] and mails == [HERO.email(HERO.finance)]


def _same_numbers(cast: Cast, seen: Seen) -> bool:
    """Banner, Slack, mail and case say the same: used, limit and the range of days."""
    told = _ask(seen)[1].main
    assert told.forecast is not None
    span = f"{told.forecast.low.day}–{told.forecast.high.day} {told.forecast.high:%B}"
    numbers = (captions.number(told.used), captions.number(told.limit or 0), span)
    banner = next(b for b in cast.banners if b.alert_class == "ask")
    mail = cast.demo.live.mailbox.mails[0]
    summary = text_of(cast.posts(HERO)[0].first)
    places = (f"{banner.title} {banner.body}", summary, mail.text, cast.case_page)
    return all(number in place for number in numbers for place in places)


def _card(cast: Cast, seen: Seen) -> bool:
    return f"Sent to {HERO.finance.name}" in text_of(cast.posts(HERO)[0].payload)


def _question(cast: Cast, seen: Seen) -> bool:
    """The question is in the champion's thread."""
    thread = [p for p in cast.posts(HERO) if p.thread]
    return any(QUESTION in text_of(p.payload) for p in thread)


def _approved(cast: Cast, seen: Seen) -> bool:
    """An approval is recorded; the plan changed only when the vendor's billing said so."""
    given = _ask(seen)[0].answers
    facts = seen[HERO.id].facts
    moved = [change.at for change in facts.plan_changes if change.direction > 0]
    answered = [a.kind for a in given] == ["question", "approve"]
    return answered and facts.account.plan == "business" and moved[0] > given[-1].at


def _ledger(cast: Cast, seen: Seen) -> bool:
    entries = of_account(cast.demo.live.context, HERO.id).entries
    amounts = {cause: amount for _, cause, amount in entries}
    return amounts.get("ask delivered") == -40 and amounts.get("forwarded") == 15


def _spacing(cast: Cast, seen: Seen) -> bool:
    """No account was asked twice within 30 days."""
    for sight in seen.values():
        asked = sorted(r.alert.raised_at for r in _raised(sight, _ASK))
        if any(b - a < timedelta(days=30) for a, b in pairwise(asked)):
            return False
    return True


def _neutral(cast: Cast, seen: Seen) -> bool:
    """Notices went out where a limit was met, with no price and nothing to buy."""
    texts = []
    for player in PLAYERS:
        for raised in _raised(seen[player.id], _NOTICE):
            refs = {d.reference.rpartition("/")[2] for d in raised.deliveries if d.reference}
            texts += [p for p in cast.posts(player) if p.ts in refs and not p.thread]
    words = [text_of(p.payload) for p in texts]
    links = [e for p in texts for b in p.payload["blocks"] for e in b.get("elements", [])]
    bought = any("€" in word for word in words) or any(e.get("url") for e in links)
    return len(words) == 2 and not bought


def _every_day(cast: Cast, seen: Seen) -> bool:
    """Each day of each account has a decision that replays, and each silence a reason."""
    for player in PLAYERS:
        days: set[date] = set()
        for found in explain.history(cast.demo.live.context, player.id, limit=500):
            silent = found.decision.outcome in (Outcome.SILENT, Outcome.DEFER)
            if not found.replayed or (silent and not found.decision.reasons):
                return False
            days |= set(_days(seen[player.id], found.stored.at, found.stored.until))
        first = seen[player.id].facts.account.since
        if first is None or not set(_span(first + timedelta(days=1), world.END.date())) <= days:
            return False
    return True


def _days(sight: Sight, start: datetime, end: datetime | None) -> Iterator[date]:
    first, last = (at.astimezone(sight.zone).date() for at in (start, end or start))
    return _span(first, last)


def _span(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


_LEFT_ALONE: tuple[tuple[str, Test], ...] = (
    (
        "Quarry & Co experiments, near its limit, and is left alone: nothing on any channel",
        lambda cast, seen: (
            _nothing(cast, seen, "experiments")
            and _held(cast, "experiments", "stage_experimenting")
        ),
    ),
    (
        "Fern & Field is learning, near its limit, and gets nothing",
        lambda cast, seen: (
            _nothing(cast, seen, "learns") and _held(cast, "learns", "stage_learning")
        ),
    ),
    (
        "Meridian Press spikes once and gets nothing",
        lambda cast, seen: (
            _nothing(cast, seen, "spikes") and _held(cast, "spikes", "one_off") and _spike(cast)
        ),
    ),
    ("Oakline Dental is on pace with an urgent ticket open, and is not asked", _waits),
)
_ASKED: tuple[tuple[str, Test], ...] = (
    ("Harbor Logistics gets one ask: one banner and one Slack summary, to its champion", _one_ask),
    ("It came three days or more ahead, and the limit was met in the range it named", _room),
    ("Its champion passed it on with one click: one mail to finance, nothing else", _forwarded),
    ("Banner, Slack, mail and business case say the same numbers", _same_numbers),
    ("The champion's message says whom it was sent to", _card),
    ("Finance's question reached the champion, in the thread", _question),
    ("Finance's approval was recorded; the plan changed when billing changed it", _approved),
    ("Attention fell by 40 for the ask and rose by 15 for passing it on", _ledger),
)
_ALL: tuple[tuple[str, Test], ...] = (
    ("No account was asked twice within 30 days", _spacing),
    ("A limit that was met was told neutrally: no price, nothing to buy", _neutral),
    ("Every day of every account has a decision that replays, every silence a reason", _every_day),
)
