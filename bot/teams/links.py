"""Links into Teams."""

from urllib.parse import quote, urlencode

_CHAT = "https://teams.microsoft.com/l/chat/0/0"


def code_link(app_id: str, code: str) -> str:
    """Opens the chat with the app, with the code written into it: whoever sends it links."""
    asked = urlencode({"users": f"28:{app_id}", "message": f"link {code}"}, quote_via=quote)
    return f"{_CHAT}?{asked}"
