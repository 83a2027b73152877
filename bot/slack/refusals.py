"""What Slack's refusals mean: one table of its words, what happens then, and what doctor says."""

from collections.abc import Mapping
from contextlib import suppress

from slack_sdk.errors import SlackApiError

from bot.meaning import Meaning
from service.channel import Failed, Retry

PASSING = frozenset({Meaning.RATE_LIMITED, Meaning.CHAT_DOWN, Meaning.ANSWER_LOST})
"""What passes by itself: tried again. All others never will, and the next way is taken."""

TABLE: dict[str, Meaning] = {
    "ratelimited": Meaning.RATE_LIMITED,
    "rate_limited": Meaning.RATE_LIMITED,
    "message_limit_exceeded": Meaning.RATE_LIMITED,
    "fatal_error": Meaning.CHAT_DOWN,
    "internal_error": Meaning.CHAT_DOWN,
    "request_timeout": Meaning.CHAT_DOWN,
    "service_unavailable": Meaning.CHAT_DOWN,
    "team_added_to_org": Meaning.CHAT_DOWN,
    "account_inactive": Meaning.APP_REMOVED,
    "token_revoked": Meaning.APP_REMOVED,
    "invalid_auth": Meaning.APP_REMOVED,
    "not_authed": Meaning.APP_REMOVED,
    "org_login_required": Meaning.APP_REMOVED,
    "team_access_not_granted": Meaning.APP_REMOVED,
    "token_expired": Meaning.TOKEN_OVER,
    "invalid_refresh_token": Meaning.TOKEN_OVER,
    "cannot_dm_bot": Meaning.PERSON_UNREACHABLE,
    "invalid_user_combination": Meaning.PERSON_UNREACHABLE,
    "messages_tab_disabled": Meaning.PERSON_UNREACHABLE,
    "user_disabled": Meaning.PERSON_UNREACHABLE,
    "user_not_found": Meaning.PERSON_UNREACHABLE,
    "user_not_visible": Meaning.PERSON_UNREACHABLE,
    "users_not_found": Meaning.PERSON_UNREACHABLE,
    "channel_not_found": Meaning.ROOM_GONE,
    "is_archived": Meaning.ROOM_GONE,
    "not_in_channel": Meaning.ROOM_GONE,
    "restricted_action": Meaning.ROOM_GONE,
    "cant_delete_message": Meaning.MESSAGE_GONE,
    "cant_update_message": Meaning.MESSAGE_GONE,
    "compliance_exports_prevent_deletion": Meaning.MESSAGE_GONE,
    "edit_window_closed": Meaning.MESSAGE_GONE,
    "message_not_found": Meaning.MESSAGE_GONE,
    "thread_not_found": Meaning.MESSAGE_GONE,
    "invalid_arguments": Meaning.MESSAGE_REFUSED,
    "invalid_blocks": Meaning.MESSAGE_REFUSED,
    "invalid_blocks_format": Meaning.MESSAGE_REFUSED,
    "msg_blocks_too_long": Meaning.MESSAGE_REFUSED,
    "msg_too_long": Meaning.MESSAGE_REFUSED,
    "no_text": Meaning.MESSAGE_REFUSED,
    "missing_scope": Meaning.SCOPE_MISSING,
    "no_permission": Meaning.SCOPE_MISSING,
    "not_allowed_token_type": Meaning.SCOPE_MISSING,
    "exchanged_trigger_id": Meaning.CLICK_OVER,
    "expired_trigger_id": Meaning.CLICK_OVER,
    "trigger_exchanged": Meaning.CLICK_OVER,
    "trigger_expired": Meaning.CLICK_OVER,
    "invalid_trigger_id": Meaning.CLICK_OVER,
}

GONE = frozenset({"account_inactive", "token_revoked"})
"""The app was removed: the installation is over at once."""
_UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Slack itself does not say whether it was done."""
_WAIT = 30.0


def meaning(error: SlackApiError) -> Meaning:
    """What a refusal comes to."""
    word, status = named(error), status_of(error)
    if status == 429:
        return Meaning.RATE_LIMITED
    return TABLE.get(word, Meaning.CHAT_DOWN if status >= 500 else Meaning.REFUSED)


def refusal(error: SlackApiError) -> Retry | Failed:
    """What to do about a refusal; the reason keeps Slack's own word."""
    word, status, found = named(error), status_of(error), meaning(error)
    if found in PASSING:
        unsure = word in _UNSURE or (status >= 500 and found is Meaning.CHAT_DOWN)
        told = f"{found}: {' '.join(filter(None, (str(status), word)))}"
        return Retry(wait_of(error), told, unsure)
    return Failed(f"{found}: {word or status}")


def named(error: SlackApiError) -> str:
    """Slack's own word for what it refused."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status of the answer."""
    return int(getattr(error.response, "status_code", 0))


def wait_of(error: SlackApiError) -> float:
    """Seconds of Retry-After, whatever the case of its name."""
    for name, value in error.response.headers.items():
        if name.lower() == "retry-after":
            with suppress(ValueError):
                return max(1.0, float(value))
    return _WAIT
