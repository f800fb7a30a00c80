"""How a request to the tool service can fail: by what may have been done."""

from mainstay.domain.errors import MainstayError


class NotSent(MainstayError):
    """The service let nothing in: nothing was done, and it may be tried again."""


class NotTaken(MainstayError):
    """The service, or what stands before it, refused the request: nothing was done."""


class Lost(MainstayError):
    """The request was on its way and no answer came: nobody knows what was done."""
