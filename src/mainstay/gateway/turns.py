"""``GET /v1/turns/{id}``."""

from starlette.requests import Request
from starlette.responses import Response

from mainstay.gateway.deps import GatewayDeps
from mainstay.gateway.front import Front, answered, path_id
from mainstay.gateway.problems import not_found
from mainstay.gateway.spec import ID_PARAMETER, Operation
from mainstay.gateway.views import EffectView, ReplyView, TurnDetails, UsageView
from mainstay.ports.conversations import TurnView


class TurnRoutes:
    """The route of turns.

    Args:
        deps: the ports.
        front: credentials.
    """

    def __init__(self, deps: GatewayDeps, front: Front) -> None:
        self._deps = deps
        self._credentials = front.credentials

    def mount(self, front: Front) -> None:
        """Mount the route."""
        operation = Operation(
            summary="Look at a turn",
            answers={200: TurnDetails},
            errors=[404],
            parameters=[ID_PARAMETER],
        )
        front.add("GET", "/v1/turns/{id}", self.get, operation)

    async def get(self, request: Request) -> Response:
        """Look at a turn; a customer sees its state and reply only."""
        principal = await self._credentials.principal(request.scope)
        turn = await self._deps.conversations.turn(path_id(request))
        if turn is None or principal.customer_id not in (None, turn.customer_id):
            raise not_found()
        if principal.customer_id is not None:
            return answered(_outside(turn))
        return answered(_inside(turn))


def _outside(turn: TurnView) -> TurnDetails:
    reply = ReplyView.of(turn.reply) if turn.reply else None
    return TurnDetails(turn.id, turn.conversation_id, turn.state, reply)


def _inside(turn: TurnView) -> TurnDetails:
    return TurnDetails(
        turn.id,
        turn.conversation_id,
        turn.state,
        ReplyView.of(turn.reply) if turn.reply else None,
        held=turn.held,
        attempt=turn.attempt,
        steps=turn.steps,
        effects=[
            EffectView(e.tool, e.state, e.key, e.args, e.result, e.statement)
            for e in turn.effects
        ],
        usage=UsageView.of(turn.usage),
        cost_usd=turn.cost_usd,
        timings=turn.timings_ms,
    )
