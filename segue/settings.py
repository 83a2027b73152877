"""What the process is told by its environment (and `.env`), read once and checked at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from engine.errors import Invalid
from service.lateness import LEAST
from store.address import is_postgres

UNHEARD = (
    "Accounts name their Stripe customer, but Stripe's events are not taken: "
    "set SEGUE_STRIPE_WEBHOOK_SECRET"
)
"""What `serve` and `doctor` say where that setting is missing and was meant to be there."""
DEFAULT_DATABASE = "sqlite:///segue.db"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Process settings. Nothing here changes a decision: that is the policy's."""

    database_url: str = DEFAULT_DATABASE
    database_direct_url: str | None = None
    public_url: str | None = None
    secret_keys: tuple[str, ...] = ()
    widget_secret: str | None = None
    slack_client_id: str | None = None
    slack_client_secret: str | None = None
    slack_signing_secret: str | None = None
    slack_app_token: str | None = None
    slack_home_team: str | None = None
    slack_admins: tuple[str, ...] = ()
    slack_api_url: str = "https://slack.com/api/"
    teams_client_id: str | None = None
    teams_client_secret: str | None = None
    teams_tenant_id: str | None = None
    teams_tenants: tuple[str, ...] = ()
    teams_admins: tuple[str, ...] = ()
    smtp_url: str | None = None
    mail_from: str | None = None
    stripe_webhook_secrets: tuple[str, ...] = ()
    nats_url: str | None = None
    webhook_private: bool = False
    trusted_proxies: tuple[str, ...] = ()
    keep_events_days: int = LEAST.days
    keep_hours_days: int = LEAST.days

    @property
    def slack_is_on(self) -> bool:
        """Whether Slack can send us anything: to our address, or over a connection from here."""
        return bool(self.slack_signing_secret or self.slack_app_token)

    @property
    def teams_is_on(self) -> bool:
        """Whether Teams can send us anything."""
        return bool(self.teams_client_id and self.teams_client_secret)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, above those of `.env` in the working directory.

    Raises:
        Invalid: naming the variable that is wrong.
    """
    if environment is None:
        stored = {k: v for k, v in dotenv_values(".env").items() if v is not None}
        environment = {**stored, **os.environ}

    def text(name: str) -> str | None:
        return environment.get(f"SEGUE_{name}", "").strip() or None

    settings = Settings(
        database_url=_database(text("DATABASE_URL") or DEFAULT_DATABASE),
        database_direct_url=text("DATABASE_DIRECT_URL"),
        public_url=_url("PUBLIC_URL", text("PUBLIC_URL")),
        secret_keys=_listed(text("SECRET_KEYS")),
        widget_secret=text("WIDGET_SECRET"),
        slack_client_id=text("SLACK_CLIENT_ID"),
        slack_client_secret=text("SLACK_CLIENT_SECRET"),
        slack_signing_secret=text("SLACK_SIGNING_SECRET"),
        slack_app_token=text("SLACK_APP_TOKEN"),
        slack_home_team=text("SLACK_HOME_TEAM"),
        slack_admins=_listed(text("SLACK_ADMINS")),
        slack_api_url=text("SLACK_API_URL") or Settings.slack_api_url,
        teams_client_id=text("TEAMS_CLIENT_ID"),
        teams_client_secret=text("TEAMS_CLIENT_SECRET"),
        teams_tenant_id=text("TEAMS_TENANT_ID"),
        teams_tenants=_listed(text("TEAMS_TENANTS")),
        teams_admins=_listed(text("TEAMS_ADMINS")),
        smtp_url=text("SMTP_URL"),
        mail_from=text("MAIL_FROM"),
        stripe_webhook_secrets=_listed(text("STRIPE_WEBHOOK_SECRET")),
        nats_url=text("NATS_URL"),
        webhook_private=_switch("WEBHOOK_PRIVATE", text("WEBHOOK_PRIVATE")),
        trusted_proxies=_listed(text("TRUSTED_PROXIES")),
        keep_events_days=_days("KEEP_EVENTS_DAYS", text("KEEP_EVENTS_DAYS")),
        keep_hours_days=_days("KEEP_HOURS_DAYS", text("KEEP_HOURS_DAYS")),
    )
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    for key in settings.secret_keys:
        if len(key) < 16:
            raise Invalid("each key needs at least 16 characters", pointer="SEGUE_SECRET_KEYS")
    if settings.widget_secret and len(settings.widget_secret.encode()) < 32:
        raise Invalid("at least 32 bytes are needed", pointer="SEGUE_WIDGET_SECRET")
    _check_direct(settings)
    for proxy in settings.trusted_proxies:
        _check_network(proxy)
    if settings.nats_url and not is_postgres(settings.database_url):
        raise Invalid(
            "it stands before PostgreSQL: set SEGUE_DATABASE_URL too", pointer="SEGUE_NATS_URL"
        )
    if settings.smtp_url and not settings.mail_from:
        raise Invalid("SEGUE_SMTP_URL needs it: the sender's address", pointer="SEGUE_MAIL_FROM")
    if settings.teams_client_id and not settings.teams_client_secret:
        raise Invalid(
            "SEGUE_TEAMS_CLIENT_ID needs it: a client secret of the app registration",
            pointer="SEGUE_TEAMS_CLIENT_SECRET",
        )
    if settings.slack_app_token and not settings.slack_app_token.startswith("xapp-"):
        raise Invalid(
            "an app-level token begins with xapp-: make one under Basic Information",
            pointer="SEGUE_SLACK_APP_TOKEN",
        )
    if not settings.slack_api_url.endswith("/"):
        raise Invalid(
            "it ends with a slash, as https://slack.com/api/", pointer="SEGUE_SLACK_API_URL"
        )


def _check_direct(settings: Settings) -> None:
    direct = settings.database_direct_url
    if direct is None:
        return
    if not is_postgres(settings.database_url):
        raise Invalid(
            "only PostgreSQL has one: set SEGUE_DATABASE_URL too",
            pointer="SEGUE_DATABASE_DIRECT_URL",
        )
    if not is_postgres(direct):
        raise Invalid(
            "use postgresql://USER:PASSWORD@HOST/DATABASE, past the pooler",
            pointer="SEGUE_DATABASE_DIRECT_URL",
        )


def _check_network(text: str) -> None:
    try:
        ip_network(text)
    except ValueError:
        raise Invalid(
            f"{text!r} is no address and no network, as 10.0.0.7 or 10.0.0.0/8",
            pointer="SEGUE_TRUSTED_PROXIES",
        ) from None


def _database(url: str) -> str:
    if is_postgres(url):
        return url
    if not url.startswith("sqlite:///"):
        raise Invalid(
            "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE",
            pointer="SEGUE_DATABASE_URL",
        )
    folder = Path(url.removeprefix("sqlite:///")).expanduser().parent
    if not folder.is_dir():
        raise Invalid(f"there is no folder {folder}", pointer="SEGUE_DATABASE_URL")
    return url


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _switch(name: str, text: str | None) -> bool:
    said = (text or "false").lower()
    if said not in ("true", "false"):
        raise Invalid("use true or false", pointer=f"SEGUE_{name}")
    return said == "true"


def _days(name: str, text: str | None) -> int:
    if text is None:
        return LEAST.days
    if not text.isdecimal() or int(text) < LEAST.days:
        raise Invalid(
            f"a number of days, {LEAST.days} or more: usage may be reported so late",
            pointer=f"SEGUE_{name}",
        )
    return int(text)


def _url(name: str, url: str | None) -> str | None:
    if url is None:
        return None
    wrong = Invalid(
        f"{url!r} is not an address like https://segue.example.com", pointer=f"SEGUE_{name}"
    )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise wrong
    return url.rstrip("/")
