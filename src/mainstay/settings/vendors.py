"""The settings of Datadog and New Relic, besides their keys."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from mainstay.settings.part import Part
from mainstay.settings.providers import BaseUrl
from mainstay.settings.variable import Var

_SITE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


def dogstatsd_url(value: object) -> str:
    """Return ``udp://host:port`` or ``unix:///path`` as it is.

    Raises:
        ValueError: it is written otherwise.
    """
    parts = urlsplit(str(value))
    is_unix = parts.scheme == "unix" and not parts.netloc and len(parts.path) > 1
    try:
        is_udp = parts.scheme == "udp" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_udp = False
    if not (is_unix or is_udp):
        message = "should be like udp://host:8125 or unix:///path/to/socket"
        raise ValueError(message)
    return str(value)


def host(value: object) -> str:
    """Return a host's name or address as it is.

    Raises:
        ValueError: it is neither.
    """
    if not _HOST.fullmatch(str(value)):
        message = "should be a host's name or address, without a port"
        raise ValueError(message)
    return str(value)


Dogstatsd = Annotated[str, BeforeValidator(dogstatsd_url)]
Host = Annotated[str, BeforeValidator(host)]


def site(value: object) -> str:
    """Return a site's name as it is.

    Raises:
        ValueError: it is none.
    """
    if not _SITE.fullmatch(str(value)):
        message = "should be a name like datadoghq.com"
        raise ValueError(message)
    return str(value)


class VendorSettings(Part):
    """Where Datadog and New Relic are; a part of ``Settings``."""

    dd_site: Annotated[
        Annotated[str, BeforeValidator(site)],
        Var("DD_SITE", "Datadog's site, e.g. `datadoghq.eu`, `us5.datadoghq.com`."),
    ] = "datadoghq.com"
    datadog_otlp_endpoint: Annotated[
        BaseUrl | None,
        Var(
            "DATADOG_OTLP_ENDPOINT",
            "Where Datadog takes OTLP.",
            default="`https://otlp.` and the site",
        ),
    ] = None
    dogstatsd_url: Annotated[
        Dogstatsd | None,
        Var(
            "DD_DOGSTATSD_URL",
            "Where a Datadog Agent takes DogStatsD: `udp://host:8125` or "
            "`unix:///var/run/datadog/dsd.socket`.",
        ),
    ] = None
    dd_agent_host: Annotated[
        Host | None,
        Var(
            "DD_AGENT_HOST",
            "Host of a Datadog Agent that takes DogStatsD at port 8125; "
            "DD_DOGSTATSD_URL goes first.",
        ),
    ] = None
    new_relic_otlp_endpoint: Annotated[
        BaseUrl | None,
        Var(
            "NEW_RELIC_OTLP_ENDPOINT",
            "Where New Relic takes OTLP.",
            default="its region's, by how the key begins",
        ),
    ] = None

    @property
    def dogstatsd(self) -> str | None:
        """Where DogStatsD goes, None where it goes nowhere."""
        if self.dogstatsd_url is not None or self.dd_agent_host is None:
            return self.dogstatsd_url
        name = self.dd_agent_host
        return f"udp://[{name}]:8125" if ":" in name else f"udp://{name}:8125"
