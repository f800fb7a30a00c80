"""``POST /v1/messages``: from the bytes of a request to its answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mainstay.simulator.answer import Answer
from mainstay.simulator.call_log import CallLog
from mainstay.simulator.delivery import Delivery
from mainstay.simulator.errors import RejectedError, error_body
from mainstay.simulator.fault import Fault
from mainstay.simulator.fault_board import FaultBoard
from mainstay.simulator.identity import Identities
from mainstay.simulator.key_ring import KeyRing
from mainstay.simulator.options import Options
from mainstay.simulator.pauses import Pauses, half_of, rest_of, text_of
from mainstay.simulator.persona.persona import decide
from mainstay.simulator.persona.plan import Plan
from mainstay.simulator.prompt_cache import InputUsage, PromptCache
from mainstay.simulator.rates import Rates
from mainstay.simulator.reply import compose
from mainstay.simulator.request import Request
from mainstay.simulator.rules import admission, credentials, size
from mainstay.simulator.script import Script
from mainstay.simulator.wire import (
    GoneError,
    Line,
    Receive,
    Send,
    decode,
    read_body,
    respond,
)

ORGANIZATION = "00000000-0000-4000-8000-000000000000"
"""The organisation in every ``anthropic-organization-id`` header."""

CLIENT_CLOSED = 499
"""How a call is logged whose client hung up (as ``ClientClosedRequestError``)."""


class Calls:
    """Answers calls; holds what lives longer than one of them."""

    def __init__(self, options: Options, ids: Identities) -> None:
        self.faults = FaultBoard()
        self.script = Script()
        self.keys = KeyRing()
        self.log = CallLog(options.call_log_size, options.clock)
        self._options = options
        self._ids = ids
        self._cache = PromptCache(options)
        self._pauses = Pauses()
        self._rates = Rates(options)

    async def create(
        self, given: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        """Answer one call, as the model, as a rule, or as a fault would."""
        request_id = self._ids.new("req")
        entry = self.log.open()
        line = Line(receive, self._options.clock)
        try:
            request = await self._admit(given, receive, entry)
            status = await self._answer(request, request_id, send, line, entry)
        except RejectedError as rejected:
            status = rejected.status
            body = error_body(rejected.type, rejected.message, request_id)
            headers = [*self.identity(request_id), *rejected.headers]
            await respond(send, status, body, headers)
        except GoneError:
            status = CLIENT_CLOSED
        finally:
            await line.close()
        self.log.close(entry, status)

    async def count_tokens(
        self, headers: Mapping[str, str], receive: Receive
    ) -> dict[str, Any]:
        """Return the size of a prompt, which obeys the same rules."""
        credentials.check_key(headers, self.keys.accepted)
        version = credentials.check_version(headers)
        body = await read_body(receive, self._options.max_body_bytes)
        size.check_body(len(body), self._options)
        request = admission.admit_count(decode(body), headers, version)
        admission.check(request, self._options)
        return {"input_tokens": request.prompt.tokens}

    def identity(self, request_id: str) -> list[tuple[str, str]]:
        """Return the headers that every answer carries."""
        return [
            ("request-id", request_id),
            ("anthropic-organization-id", ORGANIZATION),
        ]

    async def _admit(
        self, headers: Mapping[str, str], receive: Receive, entry: dict[str, Any]
    ) -> Request:
        credentials.check_key(headers, self.keys.accepted)
        version = credentials.check_version(headers)
        body = await read_body(receive, self._options.max_body_bytes)
        size.check_body(len(body), self._options)
        decoded = decode(body)
        self.log.describe(entry, decoded)
        request = admission.admit(decoded, headers, version)
        if request.messages and self._pauses.knows(request.messages[-1]):
            request = replace(request, resumes=True)
        admission.check(request, self._options)
        entry["after_tool"] = request.after_tool
        return request

    async def _answer(
        self,
        request: Request,
        request_id: str,
        send: Send,
        line: Line,
        entry: dict[str, Any],
    ) -> int:
        fault = self.faults.strike(request.card.id, after_tool=request.after_tool)
        entry["fault"] = fault != Fault()
        delivery = Delivery(send, line, fault, self._options)
        if fault.status is not None and fault.status != 200:  # noqa: PLR2004  # OK
            headers = self._headers(request, request_id, 0, 0)
            return await delivery.refuse(headers, request_id)
        used = self._cache.use(request)
        self._check_rates(request, used)
        answer = self._reply(request, request_id, fault, used, entry)
        if request.stream:
            return await delivery.stream(answer)
        return await delivery.whole(answer)

    def _reply(
        self,
        request: Request,
        request_id: str,
        fault: Fault,
        used: InputUsage,
        entry: dict[str, Any],
    ) -> Answer:
        scripted = self.script.next(request.card.id)
        plan = scripted.plan if scripted else _planned(request)
        stop = fault.stop_reason or (scripted.stop_reason if scripted else None)
        if fault.stop_reason == "pause_turn":
            plan = half_of(plan)
        short = fault.stop_reason == "max_tokens"
        reply = compose(request, plan, self._ids, stop, short=short)
        if reply.stop_reason == "pause_turn":
            before = request.messages[-1]["content"] if request.resumes else ""
            self._pauses.note(text_of(before) + (plan.text or ""))
        entry["scripted"] = scripted is not None
        entry["stop_reason"] = reply.stop_reason
        fresh = used.fresh + used.created
        return Answer(
            id=self._ids.new("msg"),
            model=request.card.alias_of or request.card.id,
            reply=reply,
            used=used,
            request_id=request_id,
            headers=self._headers(request, request_id, fresh, reply.output_tokens),
        )

    def _check_rates(self, request: Request, used: InputUsage) -> None:
        if not self._options.enforce_rates:
            return
        fresh = used.fresh + used.created
        refusal = self._rates.refusal(request.card.line, fresh)
        if refusal:
            message = "This request would exceed a limit a minute"
            raise RejectedError(message, "rate_limit_error", refusal)

    def _headers(
        self, request: Request, request_id: str, tokens_in: int, tokens_out: int
    ) -> list[tuple[str, str]]:
        rates = self._rates.take(request.card.line, tokens_in, tokens_out)
        return [*self.identity(request_id), *rates]


def _planned(request: Request) -> Plan:
    """Return the agent's next step, or the rest of one that was paused."""
    if not request.resumes:
        return decide(request)
    said = text_of(request.messages[-1]["content"])
    return rest_of(decide(request.before_pause), said)
