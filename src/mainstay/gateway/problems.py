"""Errors over HTTP: problem details (RFC 9457), one place for all of them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from mainstay.domain.errors import Conflict, MainstayError, NotFound, StoreUnavailable

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = 1
"""What a caller is asked to wait while the store cannot be written."""


class FieldFault(msgspec.Struct, frozen=True):
    """One thing wrong with the request.

    Args:
        field: the field, header or parameter.
        message: what is wrong with it, and what would be right.
    """

    field: str
    message: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error.

    Args:
        type: a name for programs, ``urn:mainstay:problem:…``.
        title: the status in words.
        status: the HTTP status.
        detail: what happened, and the way out.
        instance: the path that was asked for.
        request_id: as in the ``x-request-id`` header.
        errors: the fields at fault.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: Sequence[FieldFault] = ()


class Problem(Exception):
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        slug: the problem's name for programs.
        detail: what happened, and the way out; never a secret or a customer's text.
        errors: the fields at fault.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = errors
        self.headers = headers


def invalid(field: str, message: str, *, status: int = 422) -> Problem:
    """Return the problem of one bad field."""
    return Problem(
        status,
        "invalid-request",
        f"{field}: {message}",
        errors=(FieldFault(field, message),),
    )


def not_found() -> Problem:
    """Return the one answer for what is absent and for what is another's."""
    return Problem(404, "not-found", "There is no such thing for these credentials.")


def problem_of(error: MainstayError) -> Problem | None:
    """Return the problem that a refusal of the core is, or None for a surprise."""
    match error:
        case NotFound():
            return not_found()
        case Conflict():
            return Problem(409, "conflict", str(error))
        case StoreUnavailable():
            return Problem(
                503,
                "store-unavailable",
                "The store cannot be used now; nothing was stored. Try again.",
                headers={"retry-after": str(RETRY_AFTER_S)},
            )
        case _:
            return None


def render(problem: Problem, scope: Scope) -> Response:
    """Return the response of a problem."""
    details = ProblemDetails(
        type=f"urn:mainstay:problem:{problem.slug}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        instance=scope["path"],
        request_id=scope["state"]["request_id"],
        errors=problem.errors,
    )
    return Response(
        msgspec.json.encode(details), problem.status, problem.headers, MEDIA_TYPE
    )
