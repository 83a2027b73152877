"""The whole product for what people do over HTTP; a file that wants another makes its own."""

from tests.api.live import running, world

__all__ = ["running", "world"]
