"""AWS Secrets Manager as a source of settings, against a server of its API."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.unit.settings.secrets_server import REGION, SecretsServer, running

from mainstay.settings import SettingsFault, faults, load, secrets_manager

SECRET = "Zx9-correct-horse-battery-staple-Zx9"  # noqa: S105 - planted to be looked for
ADDRESS = f"aws-secretsmanager://mainstay/production?region={REGION}"
NAME = "mainstay/production"


@pytest.fixture(scope="module")
def running_server() -> Generator[SecretsServer]:
    """Give one server for the file."""
    with running() as server:
        yield server


@pytest.fixture
def aws(
    running_server: SecretsServer, monkeypatch: pytest.MonkeyPatch
) -> SecretsServer:
    """Give a server that this process finds, and no other AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in running_server.env.items():
        monkeypatch.setenv(name, value)
    return running_server


def named(name: str) -> dict[str, str]:
    """Return an environment that names a secret."""
    return {"MAINSTAY_SECRETS": f"aws-secretsmanager://{name}?region={REGION}"}


def test_a_secret_gives_settings(aws: SecretsServer) -> None:
    """Each key is a setting, typed and ranged like a variable; "" is not set."""
    given = {"ANTHROPIC_API_KEY": SECRET, "API_PORT": 9000, "ENABLE_TRACING": False}
    aws.create(NAME, given | {"REDIS_URL": ""})
    settings = load({"MAINSTAY_SECRETS": ADDRESS})
    assert settings.anthropic_api_key is not None
    assert settings.anthropic_api_key.get_secret_value() == SECRET
    assert (settings.api_port, settings.enable_tracing) == (9000, False)
    assert settings.redis_url is None
    assert settings.managed == {"ANTHROPIC_API_KEY", "API_PORT", "ENABLE_TRACING"}


def test_an_arn_names_secret_and_region(aws: SecretsServer) -> None:
    """An ARN needs no region beside it; AWS_REGION serves a name."""
    arn = aws.create("by-arn", {"API_PORT": "9001"})
    assert load({"MAINSTAY_SECRETS": f"aws-secretsmanager://{arn}"}).api_port == 9001
    plain = {"MAINSTAY_SECRETS": "aws-secretsmanager://by-arn"}
    assert load(plain | {"AWS_REGION": REGION}).api_port == 9001


def test_environment_and_files_win(aws: SecretsServer, tmp_path: Path) -> None:
    """What is set explicitly is never taken from the secret."""
    (tmp_path / "key").write_text("from the file\n")
    aws.create("below", dict.fromkeys(("ANTHROPIC_API_KEY", "CLAUDE_MODEL"), SECRET))
    explicit = {
        "ANTHROPIC_API_KEY_FILE": str(tmp_path / "key"),
        "CLAUDE_MODEL": "from-the-environment",
    }
    settings = load(named("below") | explicit)
    assert settings.anthropic_api_key is not None
    assert settings.anthropic_api_key.get_secret_value() == "from the file"
    assert settings.claude_model == "from-the-environment"
    assert settings.managed == frozenset()
    assert settings.files == {"ANTHROPIC_API_KEY": tmp_path / "key"}


def test_what_production_needs_may_be_in_the_secret(aws: SecretsServer) -> None:
    """A name that the secret gives is set; one that it lacks is told as missing."""
    aws.create("partly", {"ANTHROPIC_API_KEY": SECRET, "DB_TYPE": "sqlite"})
    found = faults({"MAINSTAY_ENV": "production"} | named("partly"))
    assert found == ["QUEUE_URL not set"]


def test_the_tools_secret_may_be_in_the_secret(aws: SecretsServer) -> None:
    """TOOLS_URL needs it, from wherever; of a secret not read nobody knows."""
    url = {"TOOLS_URL": "http://tools:9000/mcp"}
    aws.create("for-tools", {"MAINSTAY_TOOLS_SECRET": SECRET})
    assert faults(named("for-tools") | url) == []
    aws.create("for-none", {"API_PORT": "9000"})
    (lacking,) = faults(named("for-none") | url)
    assert lacking.startswith("MAINSTAY_TOOLS_SECRET not set")
    (unread,) = faults(named("not-there") | url)
    assert unread.startswith("MAINSTAY_SECRETS: there is no secret not-there")


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        (SECRET, 'its text is not a JSON object like {"ANTHROPIC_API_KEY": "…"}'),
        ([SECRET], 'its text is not a JSON object like {"ANTHROPIC_API_KEY": "…"}'),
        ({"REDIS_URL": [SECRET]}, "the value of REDIS_URL is not a text"),
        (
            {"ANTHROPIC_API_KY": SECRET},
            "the key ANTHROPIC_API_KY is not a setting; "
            "did you mean ANTHROPIC_API_KEY?",
        ),
        ({"q": SECRET}, "the key q is not a setting; take it out"),
        (
            {"MAINSTAY_SECRETS": SECRET},
            "the key MAINSTAY_SECRETS is not a setting; did you mean "
            "MAINSTAY_TOOLS_SECRET?",
        ),
    ],
)
def test_what_the_secret_holds_is_checked(
    aws: SecretsServer, request: pytest.FixtureRequest, secret: object, fault: str
) -> None:
    """Each fault is one line that does not show the value."""
    name = f"faulty-{abs(hash(request.node.name))}"
    aws.create(name, secret)
    assert faults(named(name)) == [f"MAINSTAY_SECRETS: {fault}"]


def test_a_wrong_value_of_a_secret_is_not_shown(aws: SecretsServer) -> None:
    """Not even of a name that is no secret elsewhere: it may be in the wrong place."""
    aws.create("misplaced", {"API_PORT": SECRET, "LOG_LEVEL": SECRET})
    found = faults(named("misplaced"))
    assert [fault.split(":")[0] for fault in found] == ["API_PORT", "LOG_LEVEL"]
    assert SECRET not in str(found)


def test_a_secret_that_is_not_there(aws: SecretsServer) -> None:
    """The name is told, and nothing is called missing that might be in it."""
    (found,) = faults({"MAINSTAY_ENV": "production"} | named("nowhere"))
    assert found == (
        "MAINSTAY_SECRETS: there is no secret nowhere; "
        "check name and region, or create it"
    )
    with pytest.raises(SettingsFault):
        load(named("nowhere"))


def test_a_secret_of_bytes(aws: SecretsServer) -> None:
    """Bytes are no settings."""
    aws.create_binary("bytes")
    (found,) = faults(named("bytes"))
    assert found == "MAINSTAY_SECRETS: bytes holds bytes; make it a text"


def test_aws_that_cannot_be_reached(
    aws: SecretsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed port is told at once; other errors name what is missing."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    assert faults(named("any")) == [
        "MAINSTAY_SECRETS: AWS cannot be reached (EndpointConnectionError); "
        "check network and region"
    ]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    assert "no AWS credentials found" in str(faults(named("any")))
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    nowhere = {"MAINSTAY_SECRETS": "aws-secretsmanager://any"}
    assert "no AWS region" in str(faults(nowhere))


def test_credentials_that_do_not_come_are_not_waited_for(
    aws: SecretsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A role's are fetched by a client of botocore's own, whose limits are minutes."""
    monkeypatch.setattr(secrets_manager, "READ_S", 0.2)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "token").write_text("token")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name, value in {
            "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": "arn:aws:iam::000000000000:role/mainstay",
        }.items():
            monkeypatch.setenv(name, value)
        ends = threading.Timer(6, silent.close)  # or a failure would take minutes
        ends.start()
        began_s = time.monotonic()
        (found,) = faults(named("any"))
        ends.cancel()
    assert found.startswith("MAINSTAY_SECRETS: AWS cannot be reached")
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize(
    "address",
    ["mainstay", "aws-secretsmanager://", "aws-secretsmanager://n?zone=x", "https://x"],
)
def test_an_address_of_another_form(address: str) -> None:
    """The form is told, and AWS is not asked."""
    (found,) = faults({"MAINSTAY_SECRETS": address})
    assert found == (
        "MAINSTAY_SECRETS: should be like "
        f"aws-secretsmanager://name-or-arn?region=eu-central-1, not {address!r}"
    )


def test_check_config_tells_the_fault(aws: SecretsServer) -> None:
    """The command prints it, shows no value, and ends with 1."""
    aws.create("checked", {"ANTHROPIC_API_KEY": SECRET, "API_PROT": SECRET})
    command = [sys.executable, "-m", "mainstay", "check", "config", "--json"]
    env = dict(os.environ) | named("checked")
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert "the key API_PROT is not a setting; did you mean API_PORT?" in fault
    assert SECRET not in done.stdout + done.stderr


def test_without_a_secret_nothing_of_aws_is_imported() -> None:
    """A process that names none does not pay for it."""
    code = (
        "import sys; from mainstay.settings import load; load({}); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"boto3", "botocore"} & set(done.stdout.split()) == set()
