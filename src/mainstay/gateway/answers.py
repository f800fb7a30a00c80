"""Earlier answers over HTTP: see, approve, remove (admin role)."""

from collections.abc import Sequence

import msgspec

from mainstay.domain.moment import timestamp
from mainstay.gateway.views import Timestamp
from mainstay.ports.answers import Answers, KeptAnswer
from mainstay.ports.front import Front, StaffRoute


class AnswerView(msgspec.Struct, frozen=True):
    """An answer that customers are given on level 3, or may be one day."""

    id: str
    edition: str
    question: str
    text: str
    customers: int
    reviewed: bool
    shared: bool
    kept_at: Timestamp
    expires_at: Timestamp

    @classmethod
    def of(cls, answer: KeptAnswer) -> "AnswerView":
        """Return the view of an answer."""
        return cls(
            *(answer.id, answer.edition, answer.question, answer.text),
            *(answer.customers, answer.reviewed, answer.shared),
            timestamp(answer.kept_at_ms),
            timestamp(answer.expires_at_ms),
        )


class AnswersView(msgspec.Struct, frozen=True):
    """Shared ones first, then the most and the last given, 200 at most."""

    answers: Sequence[AnswerView]


class AnswerRoutes:
    """The routes of earlier answers.

    Args:
        answers: the port.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        base = "/v1/admin/answers"
        routes = (
            ("GET", "", self.list, AnswersView, "Earlier answers"),
            ("POST", "/{id}/approve", self.approve, AnswerView, "Share an answer"),
            ("DELETE", "/{id}", self.remove, AnswerView, "Erase an answer"),
        )
        for method, path, work, answer, summary in routes:
            front.staff(
                StaffRoute(method, f"{base}{path}", work, "admin", summary, answer)
            )

    async def list(self, _actor: str, _id: str, _body: None) -> AnswersView:
        """Return earlier answers."""
        found = await self._answers.list()
        return AnswersView([AnswerView.of(answer) for answer in found])

    async def approve(self, actor: str, id_: str, _body: None) -> AnswerView:
        """Share an answer from now on."""
        return AnswerView.of(await self._answers.approve(id_, actor))

    async def remove(self, actor: str, id_: str, _body: None) -> AnswerView:
        """Erase an answer; return what it was."""
        return AnswerView.of(await self._answers.remove(id_, actor))
