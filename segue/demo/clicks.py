"""Clicks in the demo's Slack, turned into what Slack would send the app."""

import time
from typing import Any

from segue.demo.doors import Doors
from segue.demo.workspace import Member, Post, Workspaces


async def press(doors: Doors, post: Post, element: dict[str, Any], block_id: str) -> None:
    """A button of a message was pressed by the person it was sent to."""
    member = post.member
    await doors.interact(
        {
            "type": "block_actions",
            "team": {"id": member.team, "domain": "demo"},
            "user": {"id": member.id, "team_id": member.team, "username": member.name},
            "api_app_id": "ASEGUE",
            "token": "unused",
            "container": {"type": "message", "message_ts": post.ts, "channel_id": post.room},
            "trigger_id": f"{member.id}.{time.time_ns()}",
            "channel": {"id": post.room, "name": "directmessage"},
            "message": {"type": "message", "ts": post.ts, **post.payload},
            "response_url": f"{doors.base}/demo/slack/reply/{member.id}/{post.ts}",
            "actions": [
                {
                    "type": "button",
                    "action_id": element["action_id"],
                    "block_id": block_id,
                    "text": element.get("text", {}),
                    "value": element.get("value", ""),
                    "action_ts": f"{time.time():.6f}",
                }
            ],
        }
    )


async def submit(
    doors: Doors, workspaces: Workspaces, member: Member, answers: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """A modal was filled in; says what is wrong with it, if anything is."""
    view = workspaces.modals[member.id]
    answer = await doors.interact(
        {
            "type": "view_submission",
            "team": {"id": member.team, "domain": "demo"},
            "user": {"id": member.id, "team_id": member.team, "username": member.name},
            "api_app_id": "ASEGUE",
            "token": "unused",
            "trigger_id": f"{member.id}.{time.time_ns()}",
            "view": {
                **view,
                "id": "VDEMO",
                "team_id": member.team,
                "hash": str(time.time_ns()),
                "state": {"values": _values(view, answers)},
            },
        }
    )
    match answer.get("response_action"):
        case "errors":
            return dict(answer.get("errors", {}))
        case "update":
            workspaces.modals[member.id] = dict(answer["view"])
        case _:
            workspaces.modals.pop(member.id, None)
    return {}


def element_of(post: Post, action_id: str) -> tuple[dict[str, Any], str] | None:
    """The button with this id in a message as it stands, and its block."""
    for block in post.payload["blocks"]:
        shown = [*block.get("elements", []), *filter(None, [block.get("accessory")])]
        for element in shown:
            if element.get("action_id") == action_id:
                return element, str(block.get("block_id", ""))
    return None


def _values(view: dict[str, Any], answers: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The state of a view's inputs as Slack writes it."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        element = block.get("element")
        if element is None:
            continue
        given = answers.get(block["block_id"], {}).get(element["action_id"], "") or None
        values[block["block_id"]] = {element["action_id"]: _state(element, given)}
    return values


def _state(element: dict[str, Any], given: str | None) -> dict[str, Any]:
    match element["type"]:
        case "users_select":
            return {"type": "users_select", "selected_user": given}
        case "radio_buttons":
            chosen = next((o for o in element["options"] if o["value"] == given), None)
            selected = chosen or element.get("initial_option")
            return {"type": "radio_buttons", "selected_option": selected}
        case kind:
            return {"type": kind, "value": given}
