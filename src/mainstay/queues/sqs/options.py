"""What the queue on SQS is set to, and what its address tells."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from mainstay.queues.address import names_host, parted

AWS_HOST = re.compile(r"\.?amazonaws\.com(\.cn)?$")
REGION_IN_HOST = (
    re.compile(r"(?:^|\.)sqs(?:-fips)?\.([a-z0-9-]+)\."),
    re.compile(r"^([a-z0-9-]+)\.queue\."),
)
ELSEWHERE = "us-east-1"
MAX_VISIBILITY_S = 43_200


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsOptions:
    """Where the queue is and how it is used; checked when made.

    Args:
        url: the queue's URL, as SQS tells it: scheme, host, account, name.
        region: its AWS region, where the URL's host does not tell it.
        batch: the most wakes one receive returns.
        visibility_s: seconds a received wake is hidden, 1 to 43,200 (SQS quota).
        timeout_s: seconds one call may take, besides what a long poll waits.
        pollers: how many ReceiveMessage calls gather one batch at a time.
        connections: the most connections to SQS.
        fair: whether wakes carry a MessageGroupId, so that one busy conversation's
            shard delays no other (SQS fair queues).
        max_receives: receives after which SQS moves a wake to the dead letters.
        access_key_id: a key for endpoints that are not AWS; empty: AWS's own chain.
        secret_access_key: its secret.

    Raises:
        ValueError: one of them is outside its range.
    """

    url: str = field(repr=False)
    region: str = ""
    batch: int = 100
    visibility_s: int = 300
    timeout_s: float = 2.0
    pollers: int = 4
    connections: int = 50
    fair: bool = True
    max_receives: int = 50
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not _is_queue_url(parted(self.url)):
            raise ValueError("the queue's URL is https://<host>/<account>/<name>")
        if self.batch < 1 or self.pollers < 1 or self.connections < 1:
            raise ValueError("batch, pollers and connections are at least 1")
        if not 1 <= self.visibility_s <= MAX_VISIBILITY_S:
            raise ValueError(f"visibility_s is 1 to {MAX_VISIBILITY_S}")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s is more than 0")
        if not 1 <= self.max_receives <= 1000:  # noqa: PLR2004 - SQS's own range
            raise ValueError("max_receives is 1 to 1000")
        if self.on_aws and not self.region and not _region_in(self.host):
            raise ValueError("the queue's region is neither in its URL nor given")

    @property
    def host(self) -> str:
        """The host of the queue."""
        return urlsplit(self.url).hostname or ""

    @property
    def on_aws(self) -> bool:
        """Whether AWS serves the queue."""
        return AWS_HOST.search(self.host) is not None

    @property
    def endpoint(self) -> str:
        """Where the API answers: the URL without its path, also for VPC endpoints."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def signing_region(self) -> str:
        """The region that requests are signed for."""
        return _region_in(self.host) or self.region or ELSEWHERE

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.url.rstrip("/").rsplit("/", 1)[1]

    @property
    def dead_name(self) -> str:
        """The name of its dead letters."""
        return f"{self.name}-dead"

    @property
    def dead_url(self) -> str:
        """The URL of its dead letters."""
        return f"{self.url.rstrip('/')}-dead"


def _is_queue_url(parts: SplitResult) -> bool:
    if parts.scheme not in ("http", "https") or not names_host(parts):
        return False
    if parts.username or parts.query or parts.fragment:
        return False
    return re.fullmatch(r"/[\w./-]*[\w-]+/[\w-]{1,75}/?", parts.path) is not None


def _region_in(host: str) -> str:
    """Read the region off an AWS host; empty where it has none."""
    if AWS_HOST.search(host) is None:
        return ""
    found = (pattern.search(host) for pattern in REGION_IN_HOST)
    regions = [match[1] for match in found if match]
    if host == "queue.amazonaws.com":
        return ELSEWHERE
    return regions[0] if regions else ""
