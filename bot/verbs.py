"""The verbs of `/segue`: where each is at home, how it is typed, and examples that work."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where something is typed: the vendor's own workspace, or one of an account."""

    HOME = "home"
    CUSTOMER = "customer"


class Part(StrEnum):
    """What may stand behind a verb."""

    ACCOUNT = "account"
    MOMENT = "moment"
    KEY = "key"
    VALUE = "value"
    SPAN = "span"
    DAY = "day"
    AUDIENCE = "audience"
    BECAUSE = "because"
    HOURS = "hours"
    REVOKE = "revoke"
    VERB = "verb"
    ME = "me"
    WHEN = "when"
    ENDPOINT = "endpoint"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something one can ask for; its sentence is the label `does_<place>_<name>`.

    `takes`: what stands behind it, in this order, the first `needs` of them always. `led`: what may
    follow in any order, each behind a word of its own ("for 30d"), those in `must` always.
    """

    name: str
    place: Place
    usage: str
    examples: tuple[str, ...]
    takes: tuple[Part, ...] = ()
    needs: int = 0
    led: tuple[tuple[str, Part], ...] = ()
    must: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name of its sentence."""
        return f"does_{self.place}_{self.name.replace('-', '_')}"


_FOR, _BECAUSE = ("for", Part.SPAN), ("because", Part.BECAUSE)
_ON, _AS = ("on", Part.DAY), ("as", Part.AUDIENCE)


def _home(name: str, usage: str, *examples: str, **more: object) -> Verb:
    return Verb(name=name, place=Place.HOME, usage=usage, examples=examples, **more)  # type: ignore[arg-type]


def _customer(name: str, usage: str, *examples: str, **more: object) -> Verb:
    return Verb(name=name, place=Place.CUSTOMER, usage=usage, examples=examples, **more)  # type: ignore[arg-type]


_HOME = (
    _home("status", "status", "status"),
    _home("meters", "meters", "meters"),
    _home("plans", "plans", "plans"),
    _home(
        "policy",
        "policy [key [value]]",
        "policy",
        "policy ask.spacing_days",
        "policy ask.spacing_days 45",
        takes=(Part.KEY, Part.VALUE),
    ),
    _home(
        "quiet-hours",
        "quiet-hours [from until]",
        "quiet-hours",
        "quiet-hours 19:00 08:30",
        takes=(Part.HOURS, Part.HOURS),
    ),
    _home(
        "mute",
        "mute ACCOUNT [for 30d] [because ...]",
        "mute acme for 30d because they are migrating",
        'mute "Harbor Logistics"',
        takes=(Part.ACCOUNT,),
        needs=1,
        led=(_FOR, _BECAUSE),
    ),
    _home(
        "unmute",
        "unmute ACCOUNT [because ...]",
        "unmute acme because the migration is done",
        takes=(Part.ACCOUNT,),
        needs=1,
        led=(_BECAUSE,),
    ),
    _home(
        "why",
        "why ACCOUNT [on DATE]",
        "why acme",
        "why acme on 2026-06-12",
        takes=(Part.ACCOUNT,),
        needs=1,
        led=(_ON,),
    ),
    _home(
        "preview",
        "preview MOMENT ACCOUNT [as finance]",
        "preview pace acme",
        "preview at_limit acme as finance",
        takes=(Part.MOMENT, Part.ACCOUNT),
        needs=2,
        led=(_AS,),
    ),
    _home("test", "test", "test"),
    _home("simulate", "simulate 30d", "simulate 30d", takes=(Part.SPAN,)),
    _home("holdout", "holdout", "holdout"),
    _home("report", "report", "report"),
    _home("link", "link ACCOUNT", "link acme", takes=(Part.ACCOUNT,), needs=1),
    _home(
        "keys", "keys [revoke KEY]", "keys", "keys revoke key_3f9c", takes=(Part.REVOKE, Part.KEY)
    ),
    _home(
        "webhooks",
        "webhooks [NAME [test]]",
        "webhooks",
        "webhooks crm",
        "webhooks crm test",
        takes=(Part.ENDPOINT, Part.TEST),
    ),
    _home(
        "pause",
        "pause [for 4h] because ...",
        "pause for 4h because of the incident",
        led=(_FOR, _BECAUSE),
        must=("because",),
    ),
    _home("resume", "resume [because ...]", "resume because the incident is over", led=(_BECAUSE,)),
    _home("doctor", "doctor", "doctor"),
    _home("help", "help [verb]", "help", "help mute", takes=(Part.VERB,)),
)
_CUSTOMER = (
    _customer("usage", "usage", "usage"),
    _customer("why", "why", "why"),
    _customer("approvers", "approvers", "approvers"),
    _customer("forward", "forward", "forward"),
    _customer("link", "link me", "link me", takes=(Part.ME,), needs=1),
    _customer(
        "quiet",
        "quiet [19:00 08:30 | for 2w | off]",
        "quiet",
        "quiet 19:00 08:30",
        "quiet for 2w",
        "quiet off",
        takes=(Part.WHEN, Part.HOURS),
        led=(_FOR,),
    ),
    _customer("stop", "stop", "stop"),
    _customer("doctor", "doctor", "doctor"),
    _customer("help", "help [verb]", "help", "help quiet", takes=(Part.VERB,)),
)
AT: dict[Place, dict[str, Verb]] = {
    Place.HOME: {verb.name: verb for verb in _HOME},
    Place.CUSTOMER: {verb.name: verb for verb in _CUSTOMER},
}
VERBS = AT[Place.CUSTOMER]
"""What people at accounts type: the app's manifest shows them."""
