"""Checks the usage events of a request: one quick way for what is sent a million times.

An event that only adds to a meter goes the quick way: a few look-ups, no object of its own. All
others, and whatever is not in order, are checked by `service.usage`, which says what is wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from engine.catalogue import Meter
from engine.errors import Invalid, TooLarge
from engine.usage import Aggregation
from service.amounts import ABSENT, LARGEST, LONGEST, literal
from service.lateness import AHEAD
from service.usage import (
    ADDED,
    Event,
    Kind,
    Rejection,
    Report,
    Rules,
    content_of,
    identifier,
)
from store.fingerprint import account_part, id_part
from store.types import MICRO

MOST = 1000
"""Usage events in one request."""
_ARRAY = msgspec.json.Decoder(list[Event], float_hook=literal)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_REMEMBERED = 100_000
_USAGE = Kind.USAGE.value


Row: TypeAlias = tuple[int, bytes, bytes, str, Meter, float, int, str | None]
"""An event in order: its place in the request, key, content, account, meter, the seconds since 1970
of its time, its amount in millionths, and its user. A plain tuple, since there are so many."""


@dataclass(slots=True, kw_only=True)
class Checked:
    """The events of a request that were found in order.

    `reports`: by place in `rows`, those that do something else than add to a meter. `whole`: all
    are kept, or none.
    """

    rules: Rules
    imported: bool = False
    whole: bool = False
    rows: list[Row] = field(default_factory=list)
    reports: dict[int, Report] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


class Names:
    """Ids that were found good before: by account the part of its events' keys, and users."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self.parts: dict[str, bytes] = {}
        self.users: set[str | None] = {None}

    def account(self, text: str) -> bytes:
        """The part of its events' keys; refuses what can't be an account's id."""
        part = self.parts.get(text)
        if part is None:
            identifier("account", text)
            if len(self.parts) >= self._most:
                self.parts.clear()
            part = self.parts[text] = account_part(text)
        return part

    def user(self, text: str | None) -> None:
        """Refuse what can't be a user's id."""
        if text not in self.users:
            identifier("user", str(text))
            if len(self.users) >= self._most:
                self.users.clear()
            self.users |= {text, None}


def decoded(body: bytes) -> list[Event] | list[msgspec.Raw]:
    """The usage events in a body (one object, or an array), or their pieces where one is wrong.

    Raises:
        Invalid: the body is not JSON, or something else.
        TooLarge: there are more than 1,000.
    """
    one = body.lstrip(b" \t\r\n")[:1] == b"{"
    whole = b"[" + body + b"]" if one else body
    found: list[Event] | list[msgspec.Raw]
    try:
        found = _ARRAY.decode(whole)
    except (ValueError, RecursionError):
        found = _pieces(whole)
    if one and len(found) != 1:
        raise Invalid("several objects: put them in an array", code="malformed")
    if len(found) > MOST:
        raise TooLarge(f"{len(found)} usage events: send at most {MOST} in one request")
    return found


def _pieces(body: bytes) -> list[msgspec.Raw]:
    try:
        return _ITEMS.decode(body)
    except msgspec.ValidationError:
        raise Invalid("send one usage event or an array of them", code="malformed") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None


def check_all(
    rules: Rules,
    names: Names,
    events: Iterable[Event | msgspec.Raw],
    *,
    imported: bool = False,
    whole: bool = False,
) -> Checked:
    """Check every event; what is wrong with one is no matter to the others."""
    checked = Checked(rules=rules, imported=imported, whole=whole)
    quick = _Quick(rules, names)
    for index, event in enumerate(events):
        try:
            if not (isinstance(event, Event) and quick.take(index, event, checked)):
                _take(rules.check(index, event), names, checked)
        except Invalid as refused:
            checked.rejections.append(
                Rejection(index=index, code=refused.code, detail=refused.detail)
            )
    return checked


class _Quick:
    """The way of an event that only adds to a meter."""

    def __init__(self, rules: Rules, names: Names) -> None:
        self._names = names
        self._meters = {k: m for k, m in rules.catalogue.meters.items() if m.aggregation in ADDED}
        self._now = rules.now.timestamp()
        self._oldest = float("-inf")
        if rules.oldest is not None:
            self._oldest = self._now - rules.oldest.total_seconds()
        self._soonest = self._now + AHEAD.total_seconds()

    def take(self, index: int, event: Event, checked: Checked) -> bool:
        """Take it in, unless it needs a closer look.

        Raises:
            Invalid: the account, the user or the properties are not in order.
        """
        id, at, value = event.id, event.at, event.value
        meter = self._meters.get(event.meter)
        if meter is None or event.kind or event.correction is not None or event.total is not None:
            return False
        if type(value) is int:
            if not 0 <= value <= LARGEST:
                return False
            amount: int = value * MICRO
            sent: int | str = amount
        elif value is None and (event.properties is ABSENT or _one_each(meter)):
            amount, sent = MICRO, ""
        else:
            return False
        if at is None:
            stamp = self._now
        elif at.tzinfo is None or not self._oldest <= (stamp := at.timestamp()) <= self._soonest:
            return False
        if not (0 < len(id) <= LONGEST and id.isprintable()) or id.isspace():
            return False
        # From here on each call spared is felt: this is run for every event there is.
        account, user, names = event.account, event.user, self._names
        part = names.parts.get(account) or names.account(account)
        if user not in names.users:
            names.user(user)
        content = content_of(event, _USAGE, stamp, sent)
        checked.rows.append(
            (index, part + id_part(id), content, account, meter, stamp, amount, user)
        )
        return True


def _one_each(meter: Meter) -> bool:
    """Whether properties can't hold the value."""
    return meter.field is None or meter.aggregation is Aggregation.COUNT


def _take(found: Report | Rejection, names: Names, checked: Checked) -> None:
    """Take in what the long way found."""
    if isinstance(found, Rejection):
        checked.rejections.append(found)
        return
    plain = found.kind is Kind.USAGE and found.meter.aggregation in ADDED
    if not plain or found.correction is not None:
        checked.reports[len(checked.rows)] = found
    checked.rows.append(
        (
            found.index,
            names.account(found.account) + id_part(found.id),
            found.content,
            found.account,
            found.meter,
            found.at.timestamp(),
            found.amount,
            found.user,
        )
    )
