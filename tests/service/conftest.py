"""The whole product for the use cases; one that wants another one says so in its own file."""

from tests.api.live import running, world

__all__ = ["running", "world"]
