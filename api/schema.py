"""Describes bodies that handlers decode themselves, so that /schema is complete."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.openapi.spec import Components, Example, OpenAPIMediaType, RequestBody

_SHAPES: dict[str, Any] = {}
"""What bodies look like, by the names that operations refer to."""


class Named(Components):
    """Components of the document: what Litestar found, and the shapes of bodies."""

    def to_schema(self) -> dict[str, Any]:
        """Both as one."""
        found = super().to_schema()
        return {**found, "schemas": {**found.get("schemas", {}), **_SHAPES}}


def accepts(
    shape: type[msgspec.Struct],
    *,
    many: bool = False,
    required: bool = True,
    examples: Mapping[str, Any] | None = None,
) -> RequestBody:
    """A JSON body of this shape (`many`: or an array of it); `examples` by what they show."""
    (one,), components = msgspec.json.schema_components(
        [shape], ref_template="#/components/schemas/{name}"
    )
    _SHAPES.update(components)
    whole = {"oneOf": [one, {"type": "array", "maxItems": 1000, "items": one}]} if many else one
    return takes("application/json", schema=whole, required=required, examples=examples)


def takes(
    *media: str,
    schema: Mapping[str, Any],
    required: bool = True,
    examples: Mapping[str, Any] | None = None,
) -> RequestBody:
    """A body that looks like this, in any of these media types."""
    shown: Any = {
        f"example{n}": Example(summary=title, value=value)
        for n, (title, value) in enumerate((examples or {}).items(), start=1)
    }
    described: Any = dict(schema)
    content = {one: OpenAPIMediaType(schema=described, examples=shown or None) for one in media}
    return RequestBody(content=content, required=required)


def text() -> RequestBody:
    """A body that is a policy file."""
    shown = {"a small one": _POLICY}
    return takes("application/toml", "text/plain", schema={"type": "string"}, examples=shown)


_POLICY = """[product]
name = "Northwind Reports"
currency = "EUR"

[[meter]]
key = "reports"
name = { one = "report", other = "reports" }

[[plan]]
key = "team"
name = "Team"
next = "business"
limits = { reports = 10000 }

[[plan]]
key = "business"
name = "Business"
"""
