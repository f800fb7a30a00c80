"""The errors Mainstay raises on purpose; each says what happened and the way out."""


class MainstayError(Exception):
    """Something Mainstay refuses or cannot do; the message names the way out."""


class NotFound(MainstayError):
    """The thing asked for does not exist, or is not the caller's to see."""


class Conflict(MainstayError):
    """The request contradicts the present state; read it again and decide anew."""


class LeaseLost(MainstayError):
    """This worker no longer holds the conversation; another one goes on with it."""


class TakenOver(MainstayError):
    """The conversation changed its owner while the turn ran; no AI reply may commit."""


class StoreUnavailable(MainstayError):
    """The store cannot be read or written now; nothing was stored; try again."""


class QueueUnavailable(MainstayError):
    """The queue cannot be reached now; work is found in the store meanwhile."""


class AgentRefused(MainstayError):
    """An agent promises something that cannot be enforced; the reason is the text."""


class ToolFailed(MainstayError):
    """A tool refuses in words the model may read and pass on to the customer."""
