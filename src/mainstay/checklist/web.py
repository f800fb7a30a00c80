"""One HTTP request of a check, and its answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from mainstay.domain.errors import MainstayError

TIMEOUT_S = 10.0
MAX_BYTES = 4_000_000


class Unreachable(MainstayError):
    """Nobody answered; the text says where, and what to look at."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Args:
        method: the HTTP method.
        url: whole.
        headers: of ours.
        body: what is sent, None for nothing.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        status: the HTTP status.
        text: the body, cut at 4 MB.
    """

    status: int
    text: str


Ask = Callable[[Request], Awaitable[Answer]]
"""Makes a request; raises Unreachable when there is no answer."""


async def ask(request: Request) -> Answer:
    """Make a request, within 10 s; redirects are not followed.

    Raises:
        Unreachable: there was no answer.
    """
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as response,
        ):
            body = await response.content.read(MAX_BYTES)
            while more := await response.content.read(MAX_BYTES - len(body)):
                body += more
            return Answer(response.status, body.decode(errors="replace"))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # Not its words: they may hold an address with a password.
        where = request.url.partition("?")[0].rpartition("@")[2]
        raise Unreachable(
            f"no answer from {where} ({type(error).__name__}); is it up, and reachable "
            "from here?"
        ) from error
