"""Describes bodies that handlers decode themselves, so that /schema is complete."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema


def accepts(shape: type[msgspec.Struct], *, many: bool = False) -> type[Operation]:
    """An operation whose JSON body has the shape (`many`: or is an array of it)."""
    (schema,), components = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    named = components[schema["$ref"].rpartition("/")[2]]
    one = Schema(
        title=named.get("title"),
        description=named.get("description"),
        type=named["type"],
        properties=named["properties"],
        required=named.get("required") or None,
    )
    whole = Schema(one_of=[one, Schema(type="array", items=one)]) if many else one  # type: ignore[arg-type]
    return _operation(RequestBody(content={"application/json": OpenAPIMediaType(schema=whole)}))


def text() -> type[Operation]:
    """An operation whose body is a policy file."""
    file = OpenAPIMediaType(schema=Schema(type="string"))  # type: ignore[arg-type]
    return _operation(RequestBody(content={"application/toml": file, "text/plain": file}))


def _operation(body: RequestBody) -> type[Operation]:
    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.request_body: Any = body

    return Described
