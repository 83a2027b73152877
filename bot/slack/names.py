"""What Slack calls what it sends, the same however often it sends it."""

from typing import Any

Name = tuple[str, str]


def name_of(body: dict[str, Any]) -> Name | None:
    """Its kind and name; None for what is answered while Slack waits."""
    if "event_id" in body:
        return "slack event", str(body["event_id"])
    if "command" in body:
        return "slack command", str(body.get("trigger_id"))
    match body.get("type"):
        case "block_actions":
            return "slack click", click_id(body)
        case "shortcut" | "message_action":
            return "slack shortcut", _joined(body, str(body.get("action_ts")))
        case _:
            return None


def click_id(body: dict[str, Any]) -> str:
    """A click's own name."""
    actions = body.get("actions") or [{}]
    return _joined(body, str(actions[0].get("action_ts")))


def _joined(body: dict[str, Any], at: str) -> str:
    team = body.get("team") or body.get("enterprise") or {}
    return ":".join((str(team.get("id")), str((body.get("user") or {}).get("id")), at))


def name_team(body: dict[str, Any]) -> None:
    """Where an organisation installed the app, Slack may name no workspace: then it is meant."""
    if body.get("type") and "team" in body and not body["team"]:
        user, whole = body.get("user") or {}, body.get("enterprise") or {}
        body["team"] = {"id": user.get("team_id") or whole.get("id")}
