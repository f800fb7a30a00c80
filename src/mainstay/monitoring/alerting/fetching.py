"""Reads a page of metrics over HTTP, from a thread."""

from http.client import HTTPConnection, HTTPException

TIMEOUT_S = 5.0
MAX_BYTES = 8_000_000
OK = 200


def fetch(address: str) -> str:
    """Return the page at ``host:port``.

    Raises:
        OSError: it cannot be had in 5 s a step, or is none.
    """
    host, _, port = address.rpartition(":")
    connection = HTTPConnection(host.strip("[]"), int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics", headers={"user-agent": "mainstay-alerts"})
        answer = connection.getresponse()
        raw = answer.read(MAX_BYTES + 1)
        if answer.status != OK:
            raise OSError(f"answered {answer.status}")
        if len(raw) > MAX_BYTES:
            raise OSError(f"longer than {MAX_BYTES} bytes")
        return raw.decode()
    except (HTTPException, UnicodeDecodeError) as error:
        raise OSError(f"no page of metrics: {error!r}") from error
    finally:
        connection.close()
