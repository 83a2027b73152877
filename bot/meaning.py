"""What a chat's refusal comes to, in words that all of them share."""

from enum import StrEnum


class Meaning(StrEnum):
    """Its sentence for the admin is the label `trouble_<meaning>`."""

    RATE_LIMITED = "rate_limited"
    CHAT_DOWN = "chat_down"
    ANSWER_LOST = "answer_lost"
    APP_REMOVED = "app_removed"
    TOKEN_OVER = "token_over"  # noqa: S105  (a word, not a secret)
    PERSON_UNREACHABLE = "person_unreachable"
    ROOM_GONE = "room_gone"
    MESSAGE_GONE = "message_gone"
    MESSAGE_REFUSED = "message_refused"
    SCOPE_MISSING = "scope_missing"
    CLICK_OVER = "click_over"
    REFUSED = "refused"


def meaning_of(reason: str) -> Meaning | None:
    """The meaning that a delivery's reason begins with, if it is one of these."""
    head = reason.partition(":")[0]
    return Meaning(head) if head in tuple(Meaning) else None
