"""What a tool returned, as JSON data of a size the model can take."""

from typing import Any

from pydantic_core import from_json, to_json

MAX_RESULT_BYTES = 16 * 1024


def read_result(value: Any) -> Any:
    """Return JSON data: decimals as text, dates in ISO 8601, models dumped, NaN null.

    Above ``MAX_RESULT_BYTES`` of UTF-8 only the beginning is kept, as text, with a
    note that says so.

    Raises:
        ValueError: the value has no JSON form.
    """
    encoded = to_json(value, inf_nan_mode="null")
    if len(encoded) <= MAX_RESULT_BYTES:
        return from_json(encoded)
    return {
        "cut": True,
        "note": (
            f"The result has {len(encoded)} bytes; only its first {MAX_RESULT_BYTES}"
            " bytes are below, as text. Ask for less to see the rest."
        ),
        "beginning": encoded[:MAX_RESULT_BYTES].decode(errors="ignore"),
    }
