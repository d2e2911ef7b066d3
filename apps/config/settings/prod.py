"""Behind a proxy that ends TLS. Every secret comes from the environment."""

from apps.config import env
from apps.config.settings.base import *  # noqa: F403

SECRET_KEY = env.required("SECRET_KEY")
ORTHANC_USER = env.required("ORTHANC_USER")
ORTHANC_PASSWORD = env.required("ORTHANC_PASSWORD")
ALLOWED_HOSTS = env.required("ALLOWED_HOSTS").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

STATIC_COLLECTED = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
