"""Addresses of brokers: the standard library's errors show what is in them."""

from urllib.parse import SplitResult, urlsplit


def parted(url: str) -> SplitResult:
    """Return an address's parts.

    Raises:
        ValueError: it cannot be read; the text shows nothing of it.
    """
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("the address cannot be read: are all letters plain?") from None


def names_host(parts: SplitResult) -> bool:
    """Tell whether there is one host, and a port that can be, or none."""
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
