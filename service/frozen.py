"""Stories, snapshots and decisions as JSON values, and back again."""

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.accomplished import Accomplished
from engine.decision import Decision
from engine.snapshot import Snapshot
from engine.story import Story


def freeze(value: Story | Decision | Accomplished) -> dict[str, Any]:
    """JSON values of a value of the engine; amounts become text, so nothing is rounded."""
    built: dict[str, Any] = msgspec.to_builtins(value, str_keys=True)
    return built


def story(values: Mapping[str, Any]) -> Story:
    """The story that `freeze` took."""
    return msgspec.convert(values, Story)


def accomplished(values: Mapping[str, Any]) -> Accomplished:
    """What was done, that `freeze` took."""
    return msgspec.convert(values, Accomplished)


def decision(values: Mapping[str, Any]) -> Decision:
    """The decision that `freeze` took."""
    return msgspec.convert(values, Decision)


def pack(snapshot: Snapshot) -> bytes:
    """A snapshot, small enough to keep beside each decision."""
    return zlib.compress(msgspec.json.encode(snapshot), 1)


def unpack(data: bytes) -> Snapshot:
    """The snapshot that `pack` took."""
    return msgspec.json.decode(zlib.decompress(data), type=Snapshot)
