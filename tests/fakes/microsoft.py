"""Microsoft's side of Teams over HTTP: its signing keys, and the Connector that bots write to.

The Connector keeps what it was given, refuses what Teams would refuse, and can be told to fail.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from microsoft_teams.cards import core
from microsoft_teams.cards.core import Action, CardElement, SerializableObject
from pydantic import BaseModel, ValidationError

ISSUER = "https://api.botframework.com"
APP = "11111111-2222-4333-8444-555555555555"
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
_LARGEST = 28 * 1024
_AFTER_15 = ("Chart.Gauge",)
"""Elements that came later: allowed where a fallback stands beside them."""
_EVERY = {"type", "id", "fallback", "requires", "isVisible", "separator", "spacing", "height"}
_INPUT = _EVERY | {"label", "isRequired", "errorMessage", "value", "placeholder"}
_PRESSED = {"type", "id", "title", "iconUrl", "style", "mode", "tooltip", "isEnabled", "fallback"}
_OF_15: dict[str, set[str]] = {
    "AdaptiveCard": {"type", "$schema", "version", "body", "actions", "refresh", "fallbackText"},
    "TextBlock": _EVERY
    | {"text", "wrap", "size", "weight", "color", "isSubtle", "style", "maxLines"},
    "Container": _EVERY | {"items", "style", "bleed"},
    "FactSet": _EVERY | {"facts"},
    "Image": _EVERY | {"url", "altText", "size"},
    "ActionSet": _EVERY | {"actions"},
    "Input.Text": _INPUT | {"maxLength", "isMultiline", "style", "regex"},
    "Input.ChoiceSet": _INPUT | {"choices", "style", "isMultiSelect", "wrap"},
    "Action.Execute": _PRESSED | {"verb", "data", "associatedInputs"},
    "Action.Submit": _PRESSED | {"data", "associatedInputs"},
    "Action.OpenUrl": _PRESSED | {"url"},
}
"""The published schema of 1.5, as far as we use it."""
_AFTER_13 = {"refresh", "mode", "isEnabled", "tooltip"}
_MODELS: dict[str, type[SerializableObject]] = {
    str(of.model_fields["type"].default): of
    for of in vars(core).values()
    if isinstance(of, type) and issubclass(of, SerializableObject) and "type" in of.model_fields
}


@dataclass
class Key:
    """A signing key with its name."""

    name: str
    private: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    endorsements: tuple[str, ...] | None = ("msteams",)

    def public(self) -> dict[str, Any]:
        """As it is published."""
        found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        told = {**found, "kid": self.name, "use": "sig"}
        return told if self.endorsements is None else {**told, "endorsements": self.endorsements}


@dataclass
class Fault:
    """What the next calls are answered with; `times` -1: until it is taken back."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    delay: float = 0.0
    done: bool = False
    """Whether the call is carried out before the answer is lost."""
    text: str | None = None
    """What is answered in the place of `body`, where that is no JSON of Teams."""
    on: Callable[[str, str], bool] = lambda method, path: True


@dataclass
class Posted:
    """A message in a conversation."""

    room: str
    id: str
    body: dict[str, Any]

    @property
    def card(self) -> dict[str, Any]:
        """Its card."""
        (attached,) = self.body["attachments"]
        found: dict[str, Any] = attached["content"]
        return found


class Microsoft:
    """One tenant: its members, its conversations and what was written there."""

    def __init__(self) -> None:
        self.key = Key("first")
        self.keys: list[Key] = [self.key]
        self.url = ""
        self.posted: list[Posted] = []
        self.removed: list[str] = []
        self.opened: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.members: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.key_reads = 0
        self.key_status = 200
        self.problems: list[str] = []

    def app(self) -> Litestar:
        """To be served."""
        return Litestar(
            [
                self._openid(), self._keys(), self._post(), self._put(), self._delete(),
                self._open(), self._member(), self._paged(),
            ],
            request_max_body_size=None,
        )  # fmt: skip

    def token(self, **changes: Any) -> str:
        """A token as Microsoft signs them; `key` and `alg` say how, else a claim is changed."""
        key, now = changes.pop("key", self.key), int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": APP,
            "exp": now + 3600,
            "nbf": now - 60,
            "serviceurl": self.url,
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.name})

    def last(self, room: str | None = None) -> Posted:
        """The newest message."""
        return [p for p in self.posted if room in (None, p.room)][-1]

    def member(self, id: str, email: str | None, name: str) -> None:
        """Somebody of the tenant."""
        self.members[id] = {
            "id": f"29:{id}",
            "aadObjectId": id,
            "name": name,
            "email": email,
            "userPrincipalName": email,
            "tenantId": TENANT,
        }

    async def _fault(self, request: Request[Any, Any, Any]) -> Fault | None:
        method, path = request.method, request.url.path
        self.calls.append((method, path))
        if request.headers.get("authorization", "").count(".") != 2:
            raise HTTPException(status_code=401)
        for fault in self.faults:
            if fault.times and fault.on(method, path):
                fault.times -= 1
                if not fault.done:
                    await asyncio.sleep(fault.delay)
                return fault if fault.status else None  # Without one it is late and nothing more.
        return None

    def _openid(self) -> Any:
        @get("/openid")
        async def openid() -> dict[str, str]:
            return {"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}

        return openid

    def _keys(self) -> Any:
        @get("/keys")
        async def keys() -> Response[Any]:
            self.key_reads += 1
            return Response({"keys": [k.public() for k in self.keys]}, status_code=self.key_status)

        return keys

    def _post(self) -> Any:
        @post("/v3/conversations/{room:str}/activities")
        async def create(request: Request[Any, Any, Any], room: FromPath[str]) -> Response[Any]:
            fault = await self._fault(request)
            if fault is not None and not fault.done:
                return _failed(fault)
            body = await request.json()
            self._check(body)
            made = Posted(room, f"message-{len(self.posted) + 1}", body)
            self.posted.append(made)
            if fault is not None:
                await asyncio.sleep(fault.delay)
                return _failed(fault)
            return Response({"id": made.id}, status_code=201)

        return create

    def _put(self) -> Any:
        @put("/v3/conversations/{room:str}/activities/{id:str}")
        async def update(
            request: Request[Any, Any, Any], room: FromPath[str], id: FromPath[str]
        ) -> Response[Any]:
            if (fault := await self._fault(request)) is not None:
                return _failed(fault)
            body = await request.json()
            self._check(body)
            for one in self.posted:
                if (one.room, one.id) == (room, id):
                    one.body = body
                    return Response({"id": id}, status_code=200)
            return Response({"error": {"code": "ActivityNotFoundInConversation"}}, status_code=404)

        return update

    def _delete(self) -> Any:
        @delete("/v3/conversations/{room:str}/activities/{id:str}", status_code=200)
        async def remove(
            request: Request[Any, Any, Any], room: FromPath[str], id: FromPath[str]
        ) -> Response[Any]:
            if (fault := await self._fault(request)) is not None:
                return _failed(fault)
            self.posted = [p for p in self.posted if (p.room, p.id) != (room, id)]
            self.removed.append(id)
            return Response({}, status_code=200)

        return remove

    def _open(self) -> Any:
        @post("/v3/conversations")
        async def conversations(request: Request[Any, Any, Any]) -> Response[Any]:
            if (fault := await self._fault(request)) is not None:
                return _failed(fault)
            body = await request.json()
            self.opened.append(body)
            return Response({"id": f"a:{body['members'][0]['id']}"}, status_code=201)

        return conversations

    def _member(self) -> Any:
        @get("/v3/conversations/{room:str}/members/{id:str}")
        async def member(
            request: Request[Any, Any, Any], room: FromPath[str], id: FromPath[str]
        ) -> Response[Any]:
            if (fault := await self._fault(request)) is not None:
                return _failed(fault)
            found = self.members.get(id.removeprefix("29:"))
            if found is None:
                return Response(
                    {"error": {"code": "MemberNotFoundInConversation"}}, status_code=404
                )
            return Response(found)

        return member

    def _paged(self) -> Any:
        @get("/v3/conversations/{room:str}/pagedMembers")
        async def paged(request: Request[Any, Any, Any], room: FromPath[str]) -> Response[Any]:
            if (fault := await self._fault(request)) is not None:
                return _failed(fault)
            found = list(self.members.values())
            after = int(request.query_params.get("continuationToken", 0))
            more = {"continuationToken": str(after + 2)} if after + 2 < len(found) else {}
            return Response({"members": found[after : after + 2], **more})

        return paged

    def _check(self, body: Mapping[str, Any]) -> None:
        """Note what Teams would refuse, or show wrongly."""
        for attached in body.get("attachments") or ():
            self.problems += problems_of(attached["content"])


def problems_of(card: Mapping[str, Any]) -> list[str]:
    """What is wrong with a card: its size, its version, an element or a property nobody knows."""
    problems = []
    size = len(json.dumps(card, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
    if size > _LARGEST:
        problems.append(f"{size} bytes are more than Teams takes")
    version = str(card.get("version"))
    if version not in ("1.3", "1.5"):
        problems.append(f"version {version}")
    for element in _elements(card):
        problems += _problems_in(element, version)
    return problems


def _problems_in(element: Mapping[str, Any], version: str) -> list[str]:
    kind = str(element["type"])
    model = _MODELS.get(kind)
    if model is None:
        return [f"{kind} is unknown"]
    try:
        read = model.model_validate(dict(element))
    except ValidationError as error:
        return [f"{kind}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}"]
    problems = [f"{kind} has no {name}" for name in _unknown(read) if name != "$schema"]
    if kind not in _OF_15 and kind not in _AFTER_15:
        problems.append(f"{kind} is newer than 1.5")
    elif kind in _AFTER_15:
        problems += [] if "fallback" in element else [f"{kind} without a fallback"]
    else:
        newer = set(element) - _OF_15[kind]
        problems += [f"{kind}.{name} is newer than 1.5" for name in sorted(newer)]
    if version == "1.3" and (kind in (*_AFTER_15, "Action.Execute") or set(element) & _AFTER_13):
        problems.append(f"{kind} in a card of 1.3")
    return problems


def _unknown(read: BaseModel) -> list[str]:
    """Properties that the model does not know; elements inside are looked at by themselves."""
    found = [] if type(read) in (CardElement, Action) else list(read.model_extra or ())
    for name in type(read).model_fields:
        value = getattr(read, name)
        for one in value if isinstance(value, list) else [value]:
            # What an action carries is ours, and of any shape.
            if isinstance(one, BaseModel) and name != "data":
                found += _unknown(one) if "type" not in (one.model_extra or ()) else []
    return found


def _elements(card: Any) -> list[Mapping[str, Any]]:
    """Everything in a card that has a type, but for what actions carry."""
    found: list[Mapping[str, Any]] = []
    if isinstance(card, Mapping):
        if "type" in card:
            found.append(card)
        for name, value in card.items():
            found += _elements(value) if name != "data" else []
    elif isinstance(card, list):
        for value in card:
            found += _elements(value)
    return found


def _failed(fault: Fault) -> Response[Any]:
    body: Any = dict(fault.body) if fault.text is None else fault.text.encode()
    kind = "application/json"
    headers = dict(fault.headers)
    return Response(body, status_code=fault.status, headers=headers, media_type=kind)
