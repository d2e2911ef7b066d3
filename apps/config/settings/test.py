"""The test run: no service is assumed. Tests marked `services` start the real ones themselves and
name them in the environment of the processes that they start."""

import os
import tempfile
from pathlib import Path

# Before the base reads it: no test may touch the data folder of an installation.
os.environ.setdefault("SYNOPTIC_DATA_DIR", tempfile.mkdtemp(prefix="synoptic-test-"))

from apps.config import env
from apps.config.settings.base import *  # noqa: F403
from apps.config.settings.base import DATA_DIR, REST_FRAMEWORK

SECRET_KEY = "test only " * 5
ORTHANC_USER = env.text("ORTHANC_USER", "synoptic")
ORTHANC_PASSWORD = env.text("ORTHANC_PASSWORD", "synoptic")
_TEST_DATABASE = (
    "test_synoptic" if "SYNOPTIC_DATABASE_URL" in os.environ else str(DATA_DIR / "test.sqlite3")
)
REDIS_PASSWORD = ""
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A file, not memory: threads and child processes of a test see the same database.
DATABASES = {"default": {**env.database(DATA_DIR), "TEST": {"NAME": _TEST_DATABASE}}}

if "SYNOPTIC_REDIS_URL" not in os.environ:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CELERY_BROKER_URL = "memory://"

STATIC_ROOT = Path(DATA_DIR) / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
REST_FRAMEWORK = {**REST_FRAMEWORK, "TEST_REQUEST_DEFAULT_FORMAT": "json"}
