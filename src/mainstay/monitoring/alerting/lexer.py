"""The words of a PromQL expression."""

import re
from dataclasses import dataclass

from mainstay.domain.errors import MainstayError

_SKIPPED = r"(?:\s+|\#[^\n]*)*"
_KINDS = {
    "range": r"\[\s*(?:\d+(?:ms|[smhdwy]))+\s*\]",
    "number": r"(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w:.])",
    "word": r"[A-Za-z_:][A-Za-z0-9_:]*",
    "text": r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",
    "sign": r"=~|!~|!=|==|<=|>=|[-+*/%^=<>(){},]",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS.items()))
_SPACE = re.compile(_SKIPPED)


class ExpressionFault(MainstayError):
    """An expression cannot be read, or says what is not known here."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    Args:
        kind: ``range``, ``number``, ``word``, ``text``, ``sign`` or ``end``.
        text: as it is written.
        at: where it begins.
    """

    kind: str
    text: str
    at: int


def tokens_of(expression: str) -> list[Token]:
    """Return the words of an expression, the last one of kind ``end``.

    Raises:
        ExpressionFault: something in it is no word of the language.
    """
    found: list[Token] = []
    at = _after_space(expression, 0)
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ExpressionFault(f"not understood: {expression[at : at + 20]!r}")
        found.append(Token(match.lastgroup or "", match[0], at))
        at = _after_space(expression, match.end())
    return [*found, Token("end", "", at)]


def _after_space(expression: str, at: int) -> int:
    match = _SPACE.match(expression, at)
    return at if match is None else match.end()
