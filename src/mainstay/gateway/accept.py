"""``POST /v1/conversations/{id}/messages``: where a 202 is a promise."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mainstay.gateway.addressee import Addressees
from mainstay.gateway.bodies import Body, read_body
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.front import Front, parse, path_id
from mainstay.gateway.limits import spend
from mainstay.gateway.load import Load
from mainstay.gateway.problems import Problem, invalid, not_found
from mainstay.gateway.queries import MAX_WAIT_S, wait_s
from mainstay.gateway.spec import ID_PARAMETER, KEY_PARAMETER, Operation, query
from mainstay.gateway.taken import Taken
from mainstay.gateway.texts import (
    IDEMPOTENCY,
    IDEMPOTENCY_PATTERN,
    Text,
    checked_text,
)
from mainstay.gateway.views import AcceptedView, AnsweredView, LinksView, ReplyView
from mainstay.gateway.waits import Waits
from mainstay.gateway.wakes import Wakes
from mainstay.ports.inbox import Accepted, KeyReused, NewMessage, NoConversation

MARGIN_S = 0.5
"""A wait ends this long before the request's own time limit."""


ClientId = Annotated[str, Meta(extra_json_schema={"pattern": IDEMPOTENCY_PATTERN})]


class MessageBody(Body, frozen=True):
    """A customer message."""

    text: Text
    client_id: ClientId | None = None


class Accept:
    """Accepts messages and, when asked to, waits for the reply.

    Args:
        deps: the ports.
        options: the limits.
        front: credentials.
        addressees: whose a conversation is.
        waits: waits for replies.
        load: says when there is too much to do.
    """

    def __init__(
        self,
        deps: GatewayDeps,
        options: GatewayOptions,
        front: Front,
        addressees: Addressees,
        waits: Waits,
        load: Load,
    ) -> None:
        self._deps = deps
        self._options = options
        self._credentials = front.credentials
        self._addressees = addressees
        self._waits = waits
        self._load = load
        self._wakes = Wakes(deps, options)
        self._decoder = msgspec.json.Decoder(MessageBody)

    def mount(self, front: Front) -> None:
        """Mount the route."""
        operation = Operation(
            summary="Send a message",
            answers={202: AcceptedView, 200: AnsweredView},
            errors=[404, 409, 429],
            body=MessageBody,
            parameters=[
                ID_PARAMETER,
                KEY_PARAMETER,
                query("wait", "number", f"Seconds to wait, {MAX_WAIT_S:g} at most."),
            ],
            limited=True,
        )
        front.add("POST", "/v1/conversations/{id}/messages", self.handle, operation)

    async def handle(self, request: Request) -> Response:
        """Answer 202, or 200 with the reply."""
        principal = await self._credentials.principal(request.scope)
        conversation_id = path_id(request)
        timeout_s = wait_s(request.scope)
        new = await self._message(request, conversation_id, principal.customer_id)
        replay = await self._replay_or_room(new)
        customer_id = principal.customer_id
        if customer_id is None:
            customer_id = await self._addressees.customer(conversation_id)
        headers = await spend(self._deps.limiter, customer_id)
        with Taken(self._deps, request.scope) as taken:
            accepted = taken.note(replay or await self._accept(new))
        request.scope["state"]["turn_id"] = accepted.turn_id
        if timeout_s > 0:
            return await self._wait(request, conversation_id, accepted, headers)
        return _queued(conversation_id, accepted, headers)

    async def _message(
        self, request: Request, conversation_id: str, customer_id: str | None
    ) -> NewMessage:
        raw = await read_body(request.scope, request.receive)
        body = parse(request, raw, self._decoder)
        text = checked_text(body.text)
        header = dict(request.scope["headers"]).get(b"idempotency-key")
        keys: list[str] = []
        if header is not None:
            keys.append("key:" + _key("Idempotency-Key", header.decode("latin-1")))
        if body.client_id is not None:
            keys.append("client:" + _key("client_id", body.client_id))
        trace = request.scope["state"].get("trace")
        return NewMessage(
            conversation_id,
            customer_id,
            text,
            tuple(keys),
            _digest(body) if keys else "",
            trace and trace.below("send"),
        )

    async def _replay_or_room(self, new: NewMessage) -> Accepted | None:
        """Return None when there is room for a message, else what it brought before.

        Raises:
            Problem: 503 when there is no room and it is not stored.
        """
        cause = self._load.pressure("message")
        if cause is None:
            return None
        match await self._deps.inbox.replay(new):
            case Accepted() as accepted:
                return accepted
            case KeyReused(key=key):
                raise _reused(key)
            case None:
                raise self._load.shed("message", cause)

    async def _accept(self, new: NewMessage) -> Accepted:
        match await self._load.committed(self._deps.inbox.accept(new)):
            case Accepted() as accepted:
                if not accepted.replayed:
                    await self._wakes.send_for(new.conversation_id, new.trace)
                return accepted
            case KeyReused(key=key):
                raise _reused(key)
            case NoConversation():
                raise not_found()

    async def _wait(
        self,
        request: Request,
        conversation_id: str,
        accepted: Accepted,
        headers: Mapping[str, str],
    ) -> Response:
        clock = self._deps.clock
        began_s = clock.monotonic_s()
        spent_s = began_s - request.scope["state"]["began_s"]
        longest_s = self._options.request_timeout_s - MARGIN_S - spent_s
        reply = await self._waits.reply(
            conversation_id, accepted.turn_id, min(wait_s(request.scope), longest_s)
        )
        request.scope["state"]["waited_s"] = clock.monotonic_s() - began_s
        if reply is None:
            return _queued(conversation_id, accepted, headers)
        view = AnsweredView(
            accepted.message_id,
            accepted.turn_id,
            "answered",
            _links(conversation_id, accepted.turn_id),
            ReplyView.of(reply),
        )
        return _json(view, 200, headers)


def _queued(
    conversation_id: str, accepted: Accepted, headers: Mapping[str, str]
) -> Response:
    links = _links(conversation_id, accepted.turn_id)
    view = AcceptedView(accepted.message_id, accepted.turn_id, "queued", links)
    return _json(view, 202, headers)


def _json(view: msgspec.Struct, status: int, headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(view), status, headers, "application/json")


def _links(conversation_id: str, turn_id: str) -> LinksView:
    base = f"/v1/conversations/{conversation_id}"
    return LinksView(f"/v1/turns/{turn_id}", f"{base}/messages", f"{base}/events")


def _key(field: str, value: str) -> str:
    if not IDEMPOTENCY.fullmatch(value):
        raise invalid(field, "must be 1 to 255 visible ASCII characters")
    return value


def _reused(key: str) -> Problem:
    name = "client_id" if key.startswith("client:") else "Idempotency-Key"
    return Problem(
        409,
        "idempotency-key-reused",
        f"{name}: it came with another body before; use a new one.",
    )


def _digest(body: MessageBody) -> str:
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()
