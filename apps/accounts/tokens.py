"""The secret of a token: how it looks, how it is remembered."""

from __future__ import annotations

import hashlib
import secrets

MARK = "syn_"
PREFIX_LENGTH = 10


def token_secret() -> str:
    return MARK + secrets.token_urlsafe(32)


def token_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
