"""The OpenAPI document: each route says what it takes and every way it can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mainstay.gateway import problems
from mainstay.gateway.texts import ID_PATTERN, IDEMPOTENCY_PATTERN, NAME_PATTERN

REF = "#/components/schemas/{name}"

MAX_INTEGER = 2**53 - 1
"""The largest integer that JSON carries everywhere (RFC 8259, section 6)."""

_REASONS = {
    400: "The request cannot be read",
    401: "No valid credentials",
    403: "These credentials may not do this",
    404: "No such thing for these credentials",
    405: "Not a method of this path",
    409: "Contradicts what is stored",
    413: "Too long",
    415: "Not JSON",
    422: "A field at fault, which is named",
    429: "Too many requests; see Retry-After",
    500: "A fault of ours",
    503: "Not now; see Retry-After",
    504: "It took too long",
}

_RATE_HEADERS = {
    name: {"schema": {"type": "string"}, "description": text}
    for name, text in (
        ("RateLimit", 'What is left: "customer";r=requests;t=seconds'),
        ("RateLimit-Policy", 'The limit: "customer";q=requests;w=seconds'),
    )
}

ID_PARAMETER: Mapping[str, Any] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": ID_PATTERN},
}

NAME_PARAMETER: Mapping[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": NAME_PATTERN},
}

KEY_PARAMETER: Mapping[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key gives the same answer for 24 hours.",
    "schema": {"type": "string", "pattern": IDEMPOTENCY_PATTERN},
}


def query(name: str, kind: str, text: str, **bounds: float) -> Mapping[str, Any]:
    """Return an optional query parameter."""
    schema = {"type": kind, "minimum": 0, **bounds}
    return {"name": name, "in": "query", "description": text, "schema": schema}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one route takes and gives.

    Args:
        summary: one line.
        answers: the body's type by status; a string stands for its media type.
        errors: the error statuses it can answer with, beside the general ones.
        body: the type of the JSON body, or None.
        body_required: whether the body may be left out.
        parameters: OpenAPI parameter objects.
        public: whether it needs no credentials.
        limited: whether its answers carry RateLimit headers.
    """

    summary: str
    answers: Mapping[int, type[msgspec.Struct] | str]
    errors: Sequence[int] = ()
    body: type[msgspec.Struct] | None = None
    body_required: bool = True
    parameters: Sequence[Mapping[str, Any]] = field(default=())
    public: bool = False
    limited: bool = False

    def types(self) -> list[type[msgspec.Struct]]:
        """Return the types whose schemas it refers to."""
        found = [a for a in self.answers.values() if not isinstance(a, str)]
        return [*found, self.body] if self.body else found

    def openapi(self) -> dict[str, Any]:
        """Return its OpenAPI operation object."""
        operation: dict[str, Any] = {
            "summary": self.summary,
            "parameters": list(self.parameters),
            "responses": self._responses(),
            "security": [] if self.public else [{"bearer": []}],
        }
        if self.body is not None:
            operation["requestBody"] = {
                "required": self.body_required,
                "content": {"application/json": {"schema": _ref(self.body)}},
            }
        return operation

    def _responses(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for status, answer in self.answers.items():
            found[str(status)] = {
                "description": "Done",
                "content": _content(answer),
                **({"headers": _RATE_HEADERS} if self.limited else {}),
            }
        for status in sorted({*self.errors, *self._general_errors()}):
            found[str(status)] = _error(status)
        return found

    def _general_errors(self) -> set[int]:
        if self.public:
            return {500, 504}
        errors = {401, 403, 500, 503, 504}
        return errors | {400, 413, 415, 422} if self.body else errors


def document(
    version: str, operations: Mapping[tuple[str, str], Operation]
) -> dict[str, Any]:
    """Return the whole document (OpenAPI 3.1).

    Args:
        version: the product's.
        operations: what the routes say, by path and method.
    """
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), operation in operations.items():
        paths.setdefault(path, {})[method.lower()] = operation.openapi()
    types = [type_ for operation in operations.values() for type_ in operation.types()]
    _, schemas = msgspec.json.schema_components(
        [*types, problems.ProblemDetails], ref_template=REF
    )
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or a customer token (JWT).",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mainstay", "version": version},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"bearer": bearer}},
    }


def _ref(type_: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REF.format(name=type_.__name__)}


def _content(answer: type[msgspec.Struct] | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {answer: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": _ref(answer)}}


def _error(status: int) -> dict[str, Any]:
    content = {problems.MEDIA_TYPE: {"schema": _ref(problems.ProblemDetails)}}
    return {"description": _REASONS[status], "content": content}
