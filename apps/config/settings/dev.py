"""One machine, loopback only: what `make run` starts. Secrets are made in the data folder."""

import os
from pathlib import Path

from apps.config import env
from apps.config.keys import load_or_create

_secrets = load_or_create(env.folder("DATA_DIR", Path(__file__).resolve().parents[3] / ".data"))
REDIS_PASSWORD = _secrets["redis_password"]
# The base settings hand this address on to Celery and to the channel layer.
os.environ.setdefault(
    "SYNOPTIC_REDIS_URL", f"redis://:{REDIS_PASSWORD}@127.0.0.1:{env.port('REDIS_PORT', 8002)}/0"
)

from apps.config.settings.base import *  # noqa: E402, F403

SECRET_KEY = env.text("SECRET_KEY", _secrets["secret_key"])
ORTHANC_USER = env.text("ORTHANC_USER", _secrets["orthanc_user"])
ORTHANC_PASSWORD = env.text("ORTHANC_PASSWORD", _secrets["orthanc_password"])
DEBUG = env.flag("DEBUG", default=False)
