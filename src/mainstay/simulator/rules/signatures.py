"""Thinking blocks that come back.

Source: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking and
``anthropic.types.ThinkingBlockParam``.
"""

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.options import Options
from mainstay.simulator.prompt import Piece
from mainstay.simulator.request import Request
from mainstay.simulator.signature import Signature, unseal


def last_signature(request: Request) -> str | None:
    """Return the signature of the last block that this model can read."""
    model = request.card.id
    for piece in reversed(request.prompt.pieces):
        signed = unseal(piece.block.get("signature")) if piece.is_thinking else None
        if signed is not None and signed.model == model:
            return str(piece.block["signature"])
    return None


def check_thinking_blocks(request: Request, options: Options) -> None:
    """Refuse blocks that were made up, edited, or moved to another history."""
    last: str | None = None
    for i, piece in enumerate(request.prompt.pieces):
        if not piece.is_thinking:
            continue
        signed = _authentic(piece)
        if signed.model != request.card.id:
            _check_foreign(piece, signed, request, options)
            continue
        if request.card.preserved and options.prefix_check:
            moved = signed.prefix != request.prompt.prefix_marks[i]
            # A leading run may be left out, a block between others may not.
            gap = last is not None and not signed.follows(last)
            if moved or gap:
                raise RejectedError(_bound(piece))
        last = str(piece.block["signature"])


def _authentic(piece: Piece) -> Signature:
    if piece.role != "assistant":
        raise RejectedError(
            f"{piece.place}: `thinking` blocks can only be in `assistant` messages"
        )
    signed = unseal(piece.block.get("signature"))
    if signed is None:
        raise RejectedError(f"{piece.place}: Invalid `signature` in `thinking` block")
    if not signed.signs(piece.block["thinking"]):
        raise RejectedError(
            f"{piece.place}: `thinking` or `redacted_thinking` blocks in the latest "
            "assistant message cannot be modified. These blocks must remain as they "
            "were in the original response."
        )
    return signed


def _check_foreign(
    piece: Piece, signed: Signature, request: Request, options: Options
) -> None:
    if options.foreign_thinking == "reject":
        raise RejectedError(
            f"{piece.place}: Invalid `signature` in `thinking` block. The block was "
            f"produced by {signed.model}, which {request.card.id} cannot read."
        )


def _bound(piece: Piece) -> str:
    return (
        f"{piece.place}: Invalid `signature` in `thinking` block. The block is bound "
        "to a different conversation. Remove the block, or set "
        '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
    )
