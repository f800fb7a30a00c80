"""Conversations: opened, looked at, read."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mainstay.gateway.addressee import Addressees
from mainstay.gateway.bodies import Body, read_body
from mainstay.gateway.deps import GatewayDeps
from mainstay.gateway.front import Front, answered, parse, path_id
from mainstay.gateway.limits import spend
from mainstay.gateway.load import Load
from mainstay.gateway.principal import Principal
from mainstay.gateway.problems import Problem, invalid, not_found
from mainstay.gateway.queries import after
from mainstay.gateway.spec import ID_PARAMETER, MAX_INTEGER, Operation, query
from mainstay.gateway.texts import (
    CHANNEL,
    CHANNEL_PATTERN,
    CUSTOMER_ID,
    CUSTOMER_ID_PATTERN,
    NO_NUL,
)
from mainstay.gateway.views import ConversationView, MessagesView, MessageView
from mainstay.ports.inbox import NewConversation

PAGE = 100

MAX_METADATA = 16
MAX_NAME_BYTES = 64
MAX_VALUE_BYTES = 512

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_BYTES, pattern=NO_NUL)]
Value = Annotated[str, Meta(max_length=MAX_VALUE_BYTES, pattern=NO_NUL)]
Metadata = Annotated[dict[Name, Value], Meta(max_length=MAX_METADATA)]


class ConversationBody(Body, frozen=True):
    """A conversation to open."""

    customer_id: Annotated[str, Meta(pattern=CUSTOMER_ID_PATTERN)] | None = None
    channel: Annotated[str, Meta(pattern=CHANNEL_PATTERN)] = "api"
    metadata: Metadata = msgspec.field(default_factory=dict[str, str])


class ConversationRoutes:
    """The routes of conversations and their messages.

    Args:
        deps: the ports.
        front: credentials.
        addressees: whose a conversation is.
        load: notes how long commits take.
    """

    def __init__(
        self, deps: GatewayDeps, front: Front, addressees: Addressees, load: Load
    ) -> None:
        self._deps = deps
        self._credentials = front.credentials
        self._addressees = addressees
        self._load = load
        self._decoder = msgspec.json.Decoder(ConversationBody)

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        front.add(
            "POST",
            "/v1/conversations",
            self.open,
            Operation(
                summary="Open a conversation",
                answers={201: ConversationView},
                errors=[429],
                body=ConversationBody,
                body_required=False,
                limited=True,
            ),
        )
        front.add(
            "GET",
            "/v1/conversations/{id}",
            self.get,
            Operation(
                summary="Look at a conversation",
                answers={200: ConversationView},
                errors=[404],
                parameters=[ID_PARAMETER],
            ),
        )
        page = query("after", "integer", "Exclusive.", maximum=MAX_INTEGER)
        front.add(
            "GET",
            "/v1/conversations/{id}/messages",
            self.messages,
            Operation(
                summary="Read messages, 100 a page",
                answers={200: MessagesView},
                errors=[404, 422],
                parameters=[ID_PARAMETER, page],
            ),
        )

    async def open(self, request: Request) -> Response:
        """Open a conversation."""
        principal = await self._credentials.principal(request.scope)
        raw = await read_body(request.scope, request.receive)
        body = parse(request, raw, self._decoder) if raw else ConversationBody()
        customer_id = _customer(principal, body)
        if not CHANNEL.fullmatch(body.channel):
            raise invalid("channel", "must be a lower-case name of 32 letters at most")
        metadata = _checked(body.metadata)
        headers = await spend(self._deps.limiter, customer_id)
        new = NewConversation(customer_id, body.channel, metadata)
        conversation = await self._load.committed(self._deps.inbox.open(new))
        self._addressees.learn(conversation)
        response = answered(ConversationView.of(conversation), 201)
        response.headers["location"] = f"/v1/conversations/{conversation.id}"
        response.headers.update(headers)
        return response

    async def get(self, request: Request) -> Response:
        """Look at a conversation."""
        principal = await self._credentials.principal(request.scope)
        conversation = await self._deps.conversations.get(path_id(request))
        if conversation is None:
            raise not_found()
        if principal.customer_id not in (None, conversation.customer_id):
            raise not_found()
        return answered(ConversationView.of(conversation))

    async def messages(self, request: Request) -> Response:
        """Read a page of messages."""
        principal = await self._credentials.principal(request.scope)
        conversation_id = path_id(request)
        since = after(request.scope)
        await self._addressees.check(principal, conversation_id)
        found = await self._deps.conversations.messages(
            conversation_id, since, PAGE + 1
        )
        page = found[:PAGE]
        more = page[-1].seq if len(found) > PAGE else None
        return answered(MessagesView([MessageView.of(m) for m in page], more))


def _customer(principal: Principal, body: ConversationBody) -> str:
    """Return whose conversation it will be; a token speaks for its subject only."""
    if principal.customer_id is None:
        if body.customer_id is None:
            raise invalid("customer_id", "is required with an API key")
        if not CUSTOMER_ID.fullmatch(body.customer_id):
            raise invalid("customer_id", "must be 1 to 128 visible ASCII characters")
        return body.customer_id
    if body.customer_id not in (None, principal.customer_id):
        raise Problem(
            403, "forbidden", "customer_id: a customer token acts for its subject only."
        )
    return principal.customer_id


def _checked(metadata: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in metadata.items():
        if len(name.encode()) > MAX_NAME_BYTES:
            raise invalid("metadata", f"names have at most {MAX_NAME_BYTES} bytes")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise invalid(
                f"metadata.{name}", f"must have at most {MAX_VALUE_BYTES} bytes"
            )
    return metadata
