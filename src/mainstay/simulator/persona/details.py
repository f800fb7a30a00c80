"""What can be read off a text: order ids, amounts, addresses."""

import re

_NAMED_ORDER = re.compile(
    r"\border(?:[_ ]?(?:id|number|no\.?|nr\.?))?[\"'`]?\s*(?:is|was)?\s*[:=#(]{0,2}\s*"
    r"[\"'#]?([A-Z]{0,5}-?\d[\w-]*)",
    re.IGNORECASE,
)
_HASHED = re.compile(r"#\s*([A-Z]{0,5}-?\d[\w-]*)", re.IGNORECASE)
_CODE = re.compile(r"\b([A-Z]{1,5}-\d{2,})\b")
_NUMBER = re.compile(r"(?<![\d.,$€£-])\b(\d{3,})\b(?![.,]\d)")
_LABELLED = re.compile(
    r"(?:amount|refunded|total)[\"'`]?\s*[:=(]\s*[\"']?(\d+(?:\.\d+)?)", re.IGNORECASE
)
_MONEY = re.compile(
    r"[$€£]\s?(\d+(?:\.\d{1,2})?)"
    r"|\b(\d+(?:\.\d{1,2})?)\s?(?:EUR|USD|GBP|dollars?|euros?|pounds?|[$€£])"
    r"|\b(\d+\.\d{2})\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_QUOTED = re.compile(r"[\"“']([^\"”']{2,80})[\"”']")
_NAME = re.compile(r"(?<=[a-z,] )((?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+)*)")


def named_order(text: str) -> str | None:
    """Return the id in ``order 1042``, ``order_id: "1042"`` or ``#1042``."""
    for pattern in (_NAMED_ORDER, _HASHED, _CODE):
        if found := pattern.search(text):
            return found.group(1)
    return None


def order_id(text: str) -> str | None:
    """Return a named order id, or else a number that can only be one."""
    if (named := named_order(text)) is not None:
        return named
    found = _NUMBER.search(text)
    return found.group(1) if found else None


def amount(text: str) -> str | None:
    """Return the first amount of money in a text, as written."""
    if labelled := _LABELLED.search(text):
        return labelled.group(1)
    if money := _MONEY.search(text):
        return next(group for group in money.groups() if group)
    return None


def email(text: str) -> str | None:
    """Return the first e-mail address."""
    found = _EMAIL.search(text)
    return found.group() if found else None


def date(text: str) -> str | None:
    """Return the first ISO date."""
    found = _DATE.search(text)
    return found.group() if found else None


def number(text: str) -> str | None:
    """Return the first number."""
    found = re.search(r"\d+(?:\.\d+)?", text)
    return found.group() if found else None


def name(text: str) -> str | None:
    """Return something quoted, or capitalised within a sentence."""
    for pattern in (_QUOTED, _NAME):
        if found := pattern.search(text):
            return found.group(1)
    return None
