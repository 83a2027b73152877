"""How long a text is to a chat, and cutting it: both Slack and Teams count UTF-16 units."""

_ELLIPSIS = "…"


def length(text: str) -> int:
    """How long a chat thinks `text` is: it counts UTF-16 units, so an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, limit: int) -> str:
    """`text` cut to `limit` with an ellipsis, never inside a character."""
    if length(text) <= limit:
        return text
    room, kept = limit - 1, []
    for character in text:
        room -= length(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + _ELLIPSIS
