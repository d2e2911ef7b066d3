"""One machine, loopback only: what `make run` starts. Secrets are made in the data folder."""

from apps.config import env
from apps.config.keys import load_or_create
from apps.config.settings.base import *  # noqa: F403
from apps.config.settings.base import DATA_DIR

_secrets = load_or_create(DATA_DIR)
SECRET_KEY = env.text("SECRET_KEY", _secrets["secret_key"])
ORTHANC_USER = env.text("ORTHANC_USER", _secrets["orthanc_user"])
ORTHANC_PASSWORD = env.text("ORTHANC_PASSWORD", _secrets["orthanc_password"])
DEBUG = env.flag("DEBUG", default=False)
