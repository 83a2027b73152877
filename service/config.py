"""The policy file: read, checked with each field's path, and turned into engine values."""

import hashlib
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import TypeAdapter, ValidationError

from engine.catalogue import Catalogue, Meter, Plan, Product, Table, check
from engine.errors import ConfigInvalid
from engine.policy import PRESETS, Policy, Preset


@dataclass(frozen=True, kw_only=True)
class Widget(Table):
    """Where the banner may be shown and how its tokens are signed."""

    origins: list[str] = field(default_factory=list)
    """Origins of your web app, scheme and host: "https://app.example.com"."""
    algorithm: Literal["HS256", "ES256"] = "HS256"
    """HS256: secret in SEGUE_WIDGET_SECRET; ES256: public_key_file."""
    public_key_file: str | None = None
    """PEM file with the ES256 public key."""

    def __post_init__(self) -> None:
        for origin in self.origins:
            scheme, _, host = origin.partition("://")
            check(
                scheme in ("http", "https") and bool(host) and "/" not in host,
                f"{origin!r} is not an origin like https://app.example.com",
            )
        check(
            self.algorithm == "HS256" or bool(self.public_key_file),
            "ES256 needs public_key_file",
        )


@dataclass(frozen=True, kw_only=True)
class Config(Table):
    """A whole policy file."""

    product: Product
    meter: list[Meter]
    plan: list[Plan]
    policy: Policy = field(default_factory=Policy)
    widget: Widget = field(default_factory=Widget)

    def __post_init__(self) -> None:
        check(bool(self.meter), "at least one [[meter]] is needed")
        check(bool(self.plan), "at least one [[plan]] is needed")


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A policy file in force: its version, and what the engine needs of it."""

    version: int
    digest: str
    text: str
    config: Config
    catalogue: Catalogue

    @property
    def policy(self) -> Policy:
        """The tunables."""
        return self.config.policy


@lru_cache(maxsize=1)
def _shape() -> TypeAdapter[Config]:
    """Built when the first file is read: it takes a fifth of a second."""
    return TypeAdapter(Config)


def parse(text: str) -> Config:
    """Check a policy file.

    Raises:
        ConfigInvalid: with every problem and the path of its field.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid([("", f"not TOML: {error}")]) from None
    if isinstance(data.get("policy"), dict):
        data["policy"] = _with_preset(data["policy"])
    try:
        config = _shape().validate_python(data)
    except ValidationError as error:
        raise ConfigInvalid([_problem(e) for e in error.errors()]) from None
    problems = list(_contradictions(config))
    if problems:
        raise ConfigInvalid(problems)
    return config


def applied(text: str, version: int) -> Applied:
    """A checked policy file with its version; the same text is parsed once."""
    return _applied(text, version)


@lru_cache(maxsize=8)
def _applied(text: str, version: int) -> Applied:
    config = parse(text)
    return Applied(
        version=version,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        config=config,
        catalogue=Catalogue(
            product=config.product,
            meters={m.key: m for m in config.meter},
            plans={p.key: p for p in config.plan},
        ),
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema of the policy file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_shape().json_schema()}


def _with_preset(given: dict[str, Any]) -> dict[str, Any]:
    """The preset's values beneath the file's own."""
    name = given.get("preset", Preset.BALANCED)
    preset = PRESETS.get(name, {}) if isinstance(name, str) else {}  # type: ignore[call-overload]
    merged = dict(given)
    for table, values in preset.items():
        own = given.get(table, {})
        merged[table] = {**values, **own} if isinstance(own, dict) else own
    return merged


def _problem(error: Any) -> tuple[str, str]:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    if error["type"] == "unexpected_keyword_argument":
        return path, "there is no such key"
    if error["type"] in ("missing", "missing_argument"):
        return path, "this is missing"
    return path, error["msg"].removeprefix("Value error, ")


def _contradictions(config: Config) -> Any:
    meters = [m.key for m in config.meter]
    plans = {p.key: p for p in config.plan}
    for i, key in enumerate(meters):
        if key in meters[:i]:
            yield f"meter[{i}].key", f"{key!r} is there twice"
    if len(plans) < len(config.plan):
        yield "plan", "two plans have the same key"
    named: set[str] = set()
    for i, plan in enumerate(config.plan):
        for name in set(plan.stripe) & named:
            yield f"plan[{i}].stripe", f"{name!r} is another plan's, too"
        named.update(plan.stripe)
        if plan.next is not None and (plan.next not in plans or plan.next == plan.key):
            yield f"plan[{i}].next", f"there is no other plan {plan.next!r}"
        for name in [*plan.limits, *plan.overage]:
            if name not in meters:
                yield f"plan[{i}].limits.{name}", "there is no such meter"
    try:
        ZoneInfo(config.product.time_zone)
    except (KeyError, ValueError, OSError):
        yield "product.time_zone", f"{config.product.time_zone!r} is not an IANA time zone"
    if len(config.product.currency) != 3 or not config.product.currency.isupper():
        yield "product.currency", "use a code like EUR"


def known_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone."""
    return name in available_timezones()
