"""Under which address others reach this machine."""

import socket
from ipaddress import ip_address

LOOPBACK = "127.0.0.1"
ANY_PORT = 9


def is_loopback(host: str) -> bool:
    """Tell whether an address leads to the machine that uses it, whichever that is."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def machine_name() -> str:
    """Return what this machine is called; a container is a machine here."""
    return socket.gethostname()


def address_towards(host: str) -> str:
    """Return the address that this machine has on its way to another one.

    Nothing is sent: a datagram socket that is connected knows its route. Resolving the
    name may block.

    Args:
        host: name or address of the other one.

    Raises:
        OSError: there is no way to it.
    """
    found = socket.getaddrinfo(host, ANY_PORT, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as way:
        way.connect(address)
        own: str = way.getsockname()[0]
    return own
