"""What is shown of a reply while it comes."""

from mainstay.ports.model import OnText


class Shown:
    """Passes text on, and remembers what the receiver raised: that is no model's fault.

    Args:
        on_text: the receiver.
    """

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._raised: Exception | None = None
        self.any = False

    def __call__(self, text: str) -> None:
        """Pass one piece on."""
        self.any = True
        try:
            self._on_text(text)
        except Exception as error:
            self._raised = error
            raise

    def check(self) -> None:
        """Raise what the receiver raised, if it did."""
        if self._raised is not None:
            raise self._raised
