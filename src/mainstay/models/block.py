"""One content block of a reply, as it grows."""

from typing import Any

from mainstay.models.wire import Delta, decode_json


class Block:
    """Keeps what came for one block and joins it at the end.

    Blocks of unknown types are kept as they were announced, so that they can be sent
    back (https://platform.claude.com/docs/en/api/versioning: new types may come).

    Args:
        opening: ``content_block`` of the block's ``content_block_start``.

    Raises:
        ValueError: the block says no type.
    """

    __slots__ = (
        "_citations",
        "_field",
        "_json",
        "_opening",
        "_pieces",
        "closed",
        "type",
    )

    def __init__(self, opening: dict[str, Any]) -> None:
        kind = opening.get("type")
        if not isinstance(kind, str):
            raise ValueError("a content block without a type")  # noqa: TRY004
        self.type = kind
        self.closed = False
        self._opening = opening
        self._field = ""
        self._pieces: list[str] = []
        self._json: list[str] = []
        self._citations: list[Any] = [*(opening.get("citations") or ())]

    def add(self, delta: Delta) -> None:
        """Take a delta; one of an unknown type is ignored."""
        match delta.type:
            case "text_delta":
                self._field = "text"
                self._pieces.append(delta.text)
            case "thinking_delta":
                self._field = "thinking"
                self._pieces.append(delta.thinking)
            case "input_json_delta":
                self._json.append(delta.partial_json)
            case "signature_delta":
                self._opening["signature"] = delta.signature
            case "citations_delta":
                self._citations.append(delta.citation)
            case _:
                return

    @property
    def breaks_when_cut(self) -> bool:
        """Whether the block is worthless when the reply was cut off inside it.

        A call with half its arguments must never run, and a thought without its
        signature is refused when it is sent back.
        """
        thought = self.type == "thinking" and not self._opening.get("signature")
        return thought or self.calls_a_tool

    @property
    def calls_a_tool(self) -> bool:
        """Whether the block is a call of any kind of tool."""
        return self.type.endswith("tool_use")

    def whole(self) -> dict[str, Any]:
        """Return the block as a reply that was not streamed would hold it.

        Raises:
            ValueError: the input of a call is no JSON object, or a call lacks its id
                or name, or a text its text.
        """
        block: dict[str, Any] = self._opening
        if self._field:
            opened = block.get(self._field) or ""
            block = {**block, self._field: opened + "".join(self._pieces)}
        if self._citations:
            block = {**block, "citations": self._citations}
        written = "".join(self._json)
        if written:
            block = {**block, "input": decode_json(written)}
        for name, kind in _NEEDED.get(self.type, ()):
            if not isinstance(block.get(name), kind):
                raise ValueError(f"a {self.type} block without its {name}")  # noqa: TRY004
        return block


_NEEDED: dict[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "tool_use": (("id", str), ("name", str), ("input", dict)),
}
"""What the rest of the program reads of a block, by its type."""
