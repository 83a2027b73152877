"""What Slack's refusals mean: try again later, or why it never will."""

from collections.abc import Mapping
from contextlib import suppress

from slack_sdk.errors import SlackApiError

from service.channel import Failed, Retry

GONE = frozenset({"account_inactive", "token_revoked"})

_LATER = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_MEANING = {
    "app_removed": GONE | {"invalid_auth", "not_authed", "token_expired", "org_login_required"},
    "person_unreachable": {
        "cannot_dm_bot",
        "invalid_user_combination",
        "messages_tab_disabled",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    },
    "room_gone": {"channel_not_found", "is_archived", "not_in_channel", "restricted_action"},
    "message_gone": {"cant_update_message", "edit_window_closed", "message_not_found"},
    "message_refused": {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    },
    "scope_missing": {"missing_scope", "no_permission", "not_allowed_token_type"},
}
_WAIT = 30.0


def refusal(error: SlackApiError) -> Retry | Failed:
    """What to do about a refusal; the reason keeps Slack's own word."""
    status = int(getattr(error.response, "status_code", 0))
    word = named(error)
    if status == 429 or status >= 500 or word in _LATER:
        return Retry(_wait(error.response.headers), f"Slack answered {status} {word}".strip())
    for meaning, errors in _MEANING.items():
        if word in errors:
            return Failed(f"{meaning}: {word}")
    return Failed(f"refused: {word or status}")


def named(error: SlackApiError) -> str:
    """Slack's own word for what it refused."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds of Retry-After, whatever the case of its name."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            with suppress(ValueError):
                return max(1.0, float(value))
    return _WAIT
