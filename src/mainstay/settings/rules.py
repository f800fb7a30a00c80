"""Rules that one value alone cannot break; each returns the faults it finds."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

BOOTSTRAP_KEY_CHARACTERS = 32
TOOLS_PATH = "/mcp"
TOKEN_SECRET_BYTES = 32
"""RFC 7518, section 3.2: an HS256 key has at least 256 bits."""


def missing(
    tried: frozenset[str], values: Mapping[str, str], needs: frozenset[str]
) -> list[str]:
    """Return what production needs and is not set.

    An explicit DB_TYPE=sqlite needs no address, nor does QUEUE_TYPE=database, and who
    does not call Anthropic needs no key.
    """
    if values.get("MAINSTAY_ENV") != "production":
        return []
    first_party = "anthropic" in values.get("CLAUDE_PROVIDERS", "anthropic")
    needed = ["ANTHROPIC_API_KEY"] if first_party else []
    if values.get("DB_TYPE") != "sqlite":
        needed.append("DATABASE_URL")
    if values.get("QUEUE_TYPE") != "database":
        needed.append("QUEUE_URL")
    return [name for name in needed if name in needs and name not in tried]


def keys(values: Mapping[str, str]) -> list[str]:
    """Keys must be long enough, and customer tokens have one algorithm."""
    found: list[str] = []
    bootstrap = values.get("MAINSTAY_BOOTSTRAP_KEY")
    if bootstrap is not None and len(bootstrap) < BOOTSTRAP_KEY_CHARACTERS:
        found.append(
            "MAINSTAY_BOOTSTRAP_KEY: should have "
            f"{BOOTSTRAP_KEY_CHARACTERS} characters or more"
        )
    secret = values.get("MAINSTAY_TOKEN_SECRET")
    if secret is not None and len(secret.encode()) < TOKEN_SECRET_BYTES:
        found.append(
            f"MAINSTAY_TOKEN_SECRET: should have {TOKEN_SECRET_BYTES} bytes or more"
        )
    public = values.get("MAINSTAY_TOKEN_PUBLIC_KEY")
    if secret is not None and public is not None:
        found.append(
            "MAINSTAY_TOKEN_SECRET and MAINSTAY_TOKEN_PUBLIC_KEY are both set; "
            "a customer token has one algorithm, unset one of them"
        )
    if public is not None and not _is_ed25519(public):
        found.append(
            "MAINSTAY_TOKEN_PUBLIC_KEY: should be an Ed25519 public key in PEM form"
        )
    private = values.get("MAINSTAY_RECORD_KEY")
    if private is not None and not _is_ed25519_private(private):
        found.append(
            "MAINSTAY_RECORD_KEY: should be an Ed25519 private key in PEM form, made "
            "by: openssl genpkey -algorithm ed25519"
        )
    return found


def tools(
    tried: frozenset[str], values: Mapping[str, str], *, whole: bool
) -> list[str]:
    """Workers that are sent to a tool service need its address and its secret.

    Without the whole of what is set, nobody knows that the secret is missing.
    """
    found: list[str] = []
    url = values.get("TOOLS_URL")
    if url is not None and not url.rstrip("/").endswith(TOOLS_PATH):
        found.append(f"TOOLS_URL: should be like http://host:9000{TOOLS_PATH}")
    if url is not None and whole and "MAINSTAY_TOOLS_SECRET" not in tried:
        found.append(
            "MAINSTAY_TOOLS_SECRET not set; TOOLS_URL needs the tool service's"
        )
    secret = values.get("MAINSTAY_TOOLS_SECRET")
    if secret is not None and len(secret.encode()) < TOKEN_SECRET_BYTES:
        found.append(
            f"MAINSTAY_TOOLS_SECRET: should have {TOKEN_SECRET_BYTES} bytes or more"
        )
    return found


CLOUDS = {"bedrock": ("BEDROCK_REGION",), "vertex": ("VERTEX_PROJECT", "VERTEX_REGION")}
"""What each cloud must be told."""


def clouds(
    tried: frozenset[str], values: Mapping[str, str], *, whole: bool
) -> list[str]:
    """A provider needs its address; ids are of models that are called."""
    named = values.get("CLAUDE_PROVIDERS", "")
    called = {
        values.get("CLAUDE_MODEL", "claude-sonnet-5-5"),
        values.get("FALLBACK_MODEL", "claude-haiku-5-5"),
    }
    found: list[str] = []
    for cloud, needed in CLOUDS.items():
        lacking = [n for n in needed if cloud in named and whole and n not in tried]
        found += [f"{n} not set; CLAUDE_PROVIDERS has {cloud}" for n in lacking]
        name = f"{cloud.upper()}_MODELS"
        pairs = values.get(name, "").split(",")
        models = {pair.partition("=")[0].strip() for pair in pairs} - {""}
        found += [f"{name}: {model} is not called" for model in sorted(models - called)]
    return found


def _is_ed25519(pem: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return isinstance(load_pem_public_key(pem.encode()), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _is_ed25519_private(pem: str) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, Ed25519PrivateKey)


def data_folder(values: Mapping[str, str]) -> list[str]:
    """MAINSTAY_DATA must not be something else than a folder."""
    path = values.get("MAINSTAY_DATA")
    if path is None or not Path(path).exists() or Path(path).is_dir():
        return []
    return [f"MAINSTAY_DATA: {path} is not a folder"]


def unknown(env: Mapping[str, str], names: frozenset[str]) -> list[str]:
    """Name each MAINSTAY_* that means nothing, with the nearest name that does."""
    known = names | {f"{name}_FILE" for name in names}
    found: list[str] = []
    for name in sorted(env):
        if name.startswith("MAINSTAY_") and name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else "; unset it"
            found.append(f"{name} is not a setting{hint}")
    return found
