"""Refusals in the API's error shape."""

import json
from collections.abc import Sequence

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Error types and their statuses: https://platform.claude.com/docs/en/api/errors."""

TYPE_OF_STATUS = {status: name for name, status in STATUS_OF_TYPE.items()}


class RejectedError(Exception):
    """The API would refuse this request.

    Attributes:
        message: what the caller reads.
        type: the error type of the body.
        status: the HTTP status.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        message: str,
        type_: str = "invalid_request_error",
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.type = type_
        self.status = STATUS_OF_TYPE[type_]
        self.headers = headers


def error_type(status: int) -> str:
    """Return the error type that the API uses for a status."""
    if status in TYPE_OF_STATUS:
        return TYPE_OF_STATUS[status]
    return "api_error" if status >= 500 else "invalid_request_error"  # noqa: PLR2004  # HTTP classes


def error_body(
    type_: str, message: str, request_id: str, error_code: str | None = None
) -> bytes:
    """Return the JSON of an error; ``error_code`` goes to ``error.details``."""
    error: dict[str, object] = {"type": type_, "message": message}
    if error_code is not None:
        error["details"] = {"error_code": error_code}
    return json.dumps(
        {"type": "error", "error": error, "request_id": request_id}
    ).encode()
