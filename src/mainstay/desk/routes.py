"""The desk's HTTP: handoff, takeover, reply, hand-back, approvals, escalations."""

import asyncio
from dataclasses import dataclass

from mainstay.desk.views import (
    ApprovalsView,
    ApprovalView,
    DecisionBody,
    EscalationsView,
    EscalationView,
    HumanMessageView,
    NothingBody,
    OwnerView,
    ReasonBody,
    ReplyBody,
)
from mainstay.domain.wake import Wake
from mainstay.ports.desk import Desk
from mainstay.ports.feed import Feed
from mainstay.ports.front import Front, StaffRoute
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.ports.turn_events import HandedOff

PUBLISH_TIMEOUT_S = 1.0
"""What the queue gets to take a wake; the store is the truth."""


@dataclass(frozen=True, slots=True)
class DeskDeps:
    """What the desk uses.

    Args:
        desk: does the work.
        feed: tells streams of changes.
        queue: wakes workers when a change makes work.
        telemetry: takes troubles, and is told of takeovers.
    """

    desk: Desk
    feed: Feed
    queue: Queue
    telemetry: Telemetry


class DeskRoutes:
    """The routes of operators; give ``mount`` to the gateway as a part.

    Args:
        deps: the ports.
    """

    def __init__(self, deps: DeskDeps) -> None:
        self._deps = deps

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        self._mount_owner(front)
        self._mount_inbox(front)

    def _mount_owner(self, front: Front) -> None:
        base = "/v1/conversations/{id}"
        takes = (
            ("handoff", "Hand a conversation to a human"),
            ("takeover", "Take a conversation over"),
        )
        for name, summary in takes:
            front.staff(
                StaffRoute(
                    "POST",
                    f"{base}/{name}",
                    self.take_over,
                    role="operator",
                    summary=summary,
                    answer=OwnerView,
                    body=ReasonBody,
                    body_required=False,
                )
            )

        async def reply(actor: str, id_: str, body: ReplyBody) -> HumanMessageView:
            return await self.reply(actor, id_, front.text(body.text))

        front.staff(
            StaffRoute(
                "POST",
                f"{base}/handback",
                self.hand_back,
                role="operator",
                summary="Give a conversation back to the AI",
                answer=OwnerView,
                body=NothingBody,
                body_required=False,
            ),
            StaffRoute(
                "POST",
                f"{base}/reply",
                reply,
                role="operator",
                summary="Answer as a human",
                answer=HumanMessageView,
                status=201,
                body=ReplyBody,
                errors=[409],
            ),
        )

    def _mount_inbox(self, front: Front) -> None:
        front.staff(
            StaffRoute(
                "GET",
                "/v1/approvals",
                self.approvals,
                role="operator",
                summary="Tool calls that wait for a human",
                answer=ApprovalsView,
            ),
            StaffRoute(
                "POST",
                "/v1/approvals/{id}",
                self.decide,
                role="operator",
                summary="Approve or deny a tool call",
                answer=ApprovalView,
                body=DecisionBody,
                errors=[409],
            ),
            StaffRoute(
                "GET",
                "/v1/escalations",
                self.escalations,
                role="operator",
                summary="The human inbox",
                answer=EscalationsView,
            ),
        )

    async def take_over(self, actor: str, id_: str, body: ReasonBody) -> OwnerView:
        """Give the conversation to a human; no AI reply commits from then on."""
        changed = await self._deps.desk.take_over(id_, actor, body.reason)
        if changed:
            self._deps.telemetry.emit(HandedOff(id_, "operator"))
        self._deps.feed.notify(id_)
        return OwnerView(id_, "human", changed)

    async def hand_back(self, actor: str, id_: str, _body: NothingBody) -> OwnerView:
        """Give the conversation back to the AI and wake a worker for it."""
        changed = await self._deps.desk.hand_back(id_, actor)
        await self._announce(id_)
        return OwnerView(id_, "ai", changed)

    async def reply(self, actor: str, id_: str, text: str) -> HumanMessageView:
        """Store a human's message."""
        message = await self._deps.desk.reply(id_, actor, text)
        self._deps.feed.notify(id_)
        return HumanMessageView.of(message)

    async def approvals(self, _actor: str, _id: str, _body: None) -> ApprovalsView:
        """Return the tool calls that wait."""
        found = await self._deps.desk.approvals()
        return ApprovalsView([ApprovalView.of(approval) for approval in found])

    async def decide(self, actor: str, id_: str, body: DecisionBody) -> ApprovalView:
        """Decide, and wake a worker for the turn that carries it out."""
        approval = await self._deps.desk.decide(id_, actor, body.decision)
        await self._announce(approval.conversation_id)
        return ApprovalView.of(approval)

    async def escalations(self, _actor: str, _id: str, _body: None) -> EscalationsView:
        """Return the human inbox."""
        found = await self._deps.desk.escalations()
        return EscalationsView([EscalationView.of(item) for item in found])

    async def _announce(self, conversation_id: str) -> None:
        """Tell streams and workers; without the wake, workers find the work anyway."""
        self._deps.feed.notify(conversation_id)
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self._deps.queue.publish([Wake(conversation_id)])
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
            self._deps.telemetry.emit(
                Trouble("desk.publish", f"{type(error).__name__}: {error}")
            )
