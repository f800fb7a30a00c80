"""What texts, names and keys from outside may look like."""

import re
from typing import Annotated

from msgspec import Meta

from mainstay.gateway.problems import Problem, invalid

MAX_TEXT_BYTES = 32 * 1024

Text = Annotated[
    str,
    # For the reader of the schema: checked_text says more clearly what is wrong.
    Meta(
        extra_json_schema={
            "minLength": 1,
            "description": f"At most {MAX_TEXT_BYTES} bytes of UTF-8.",
            "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        }
    ),
]

NO_NUL = r"^[^\u0000]*$"

# Compiled ones are for fullmatch: Python's $ lets a line break through.
CUSTOMER_ID = re.compile(r"[!-~]{1,128}")
CUSTOMER_ID_PATTERN = f"^{CUSTOMER_ID.pattern}$"

CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
CHANNEL_PATTERN = f"^{CHANNEL.pattern}$"

ID = re.compile(r"[a-z]{2,10}_[0-9A-Za-z]{1,64}")
ID_PATTERN = f"^{ID.pattern}$"

NAME = re.compile(r"[!-~]{1,300}")
NAME_PATTERN = f"^{NAME.pattern}$"

IDEMPOTENCY = re.compile(r"[!-~]{1,255}")
IDEMPOTENCY_PATTERN = f"^{IDEMPOTENCY.pattern}$"

IN_WORDS = {
    CUSTOMER_ID_PATTERN: "1 to 128 visible ASCII characters",
    CHANNEL_PATTERN: "1 to 32 of a-z, 0-9, _ and -, a letter first",
    ID_PATTERN: "an id as it was returned, like turn_1a2B",
    NO_NUL: "text without the NUL character",
}
"""What a field should be, for who sent another."""


def checked_text(text: str, field: str = "text") -> str:
    """Return a text that a customer or a human wrote, if it can be stored and read.

    Raises:
        Problem: 413 above 32 KB of UTF-8; 422 when it is blank or holds NUL.
    """
    # Four bytes a character at most: short texts need no encoding to be measured.
    if len(text) * 4 > MAX_TEXT_BYTES and len(text.encode()) > MAX_TEXT_BYTES:
        raise Problem(
            413,
            "text-too-long",
            f"{field}: at most {MAX_TEXT_BYTES} bytes of UTF-8; send it in parts.",
        )
    if not text or text.isspace():
        raise invalid(field, "must not be empty")
    if "\0" in text:  # which not every store can keep
        raise invalid(field, "must not contain the NUL character")
    return text
