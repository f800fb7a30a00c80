"""Accounts with clouds that exist nowhere: their credentials are real in form only."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

AWS = {
    "AWS_ACCESS_KEY_ID": "AKIDTEST",
    "AWS_SECRET_ACCESS_KEY": "for-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def service_account(folder: Path, address: str) -> Path:
    """Write a Google service account, whose tokens a simulator gives; return its file.

    Args:
        folder: where.
        address: of the simulator.
    """
    key = generate_private_key(public_exponent=65537, key_size=2048)
    form = PrivateFormat.PKCS8
    account = {
        "type": "service_account",
        "project_id": "shop",
        "private_key_id": "1",
        "private_key": key.private_bytes(Encoding.PEM, form, NoEncryption()).decode(),
        "client_email": "shop@shop.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{address}/token",
    }
    file = folder / "service-account.json"
    file.write_text(json.dumps(account))
    return file
