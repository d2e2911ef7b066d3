"""Settings shared by all surroundings. Everything a person may set is named SYNOPTIC_*."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext

from apps.config import env

# Django's generic classes take their parameters at run time too: class X(ModelAdmin[Y]).
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[3]
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / ".data")

SYNOPTIC_HOST = env.text("HOST", "127.0.0.1")
SYNOPTIC_PORT = env.port("PORT", 8000)
REDIS_URL = env.url(
    "REDIS_URL", f"redis://127.0.0.1:{env.port('REDIS_PORT', 8002)}/0", ("redis", "rediss", "unix")
)
ORTHANC_URL = env.url(
    "ORTHANC_URL", f"http://127.0.0.1:{env.port('ORTHANC_PORT', 8003)}", ("http", "https")
)
# Where Orthanc's files lie, when it is on this machine: voxels in bulk are read from there.
ORTHANC_STORAGE = env.folder("ORTHANC_STORAGE", DATA_DIR / "orthanc")
DICOM_PORT = env.port("DICOM_PORT", 8004)
DICOM_AET = "SYNOPTIC"
DEVICE = env.choice("DEVICE", "auto", ("auto", "cpu", "cuda"))
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_BYTES", 2 * 1024**3, low=1)
UPLOAD_MAX_FILES = env.integer("UPLOAD_MAX_FILES", 20_000, low=1)

DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = [
    "apps.web",  # before the admin, whose base template it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.accounts",
    "apps.audit",
    "apps.pacs",
    "apps.studies",
    "apps.registry",
    "apps.jobs",
    "apps.inference",
    "apps.reports",
    "apps.planning",
    "apps.longitudinal",
    "apps.evaluation",
    "apps.live",
]

MIDDLEWARE = [
    "apps.web.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "apps.config.urls"
ASGI_APPLICATION = "apps.config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Whether the files are served from STATIC_ROOT, or from where the apps and the front end keep them.
STATIC_COLLECTED = False
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
# The front end is built with the base /static/app/.
STATICFILES_DIRS: list[tuple[str, Path]] = (
    [("app", FRONTEND_DIST)] if FRONTEND_DIST.exists() else []
)

# Files larger than this go to disk while they arrive. The bound on the whole is the upload's own.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024**2
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024**2
# One more than we take: our own counting (uploads/folder.py) says it in words.
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_MAX_FILES + 1
DATA_UPLOAD_MAX_NUMBER_FIELDS = UPLOAD_MAX_FILES + 100
FILE_UPLOAD_TEMP_DIR = None

CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # The layer waits for messages in blocking reads of 5 s; the client's own time limit,
            # 5 s as well by default, would end every websocket that has nothing to tell.
            "hosts": [{"address": REDIS_URL, "socket_timeout": 20}],
            "capacity": 100,
            "prefix": "synoptic-live",
        },
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than any job: before that a message that is being worked on must not be handed out again.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12 * 3600}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.BearerAuthentication",
        "apps.accounts.authentication.BrowserAuthentication",
    ],
    # A view that names no policy of its own is refused to everybody.
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.policy.DenyAll"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.negotiation.LenientNegotiation",
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "PAGE_SIZE": 50,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Synoptic",
    "DESCRIPTION": "Imaging studies with a streaming assistant. Everything generated is a draft.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.openapi.problems_add",
    ],
    "ENUM_NAME_OVERRIDES": {
        "PipelineState": "apps.registry.models.State",
        "JobState": "apps.jobs.models.Job.State",
        "PlanState": "apps.planning.models.Plan.State",
        "PlanDecisionKind": "apps.planning.models.PlanDecision.Kind",
        "CheckStatus": "apps.planning.api.shapes.CHECK_STATES",
        "TreatmentKind": "apps.longitudinal.models.Treatment.Kind",
        "ComparisonKind": "apps.longitudinal.models.Comparison.Kind",
        "PredictedTreatment": "apps.longitudinal.models.Prediction.Treatment",
        "LesionState": "apps.longitudinal.api.shapes.LESION_STATES",
        "LesionOrigin": "apps.longitudinal.models.LesionTrack.Origin",
        "CorrectionKind": "apps.longitudinal.models.LesionCorrection.What",
        "ComparabilityStatus": "apps.longitudinal.api.shapes.STATUSES",
        "ChangeVerdict": "apps.longitudinal.api.shapes.VERDICTS",
        "Role": "apps.accounts.models.Role",
        "GeometryKind": ["regular", "gapped", "tilted", "mixed", "single", "none"],
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "apps.core.logs.PlacesFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {
        "no_texts": {"()": "apps.core.logs.NoTexts"},
        "no_queries": {"()": "apps.core.logs.NoQueries"},
        "not_health": {"()": "apps.core.logs.NotHealth"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_texts", "no_queries", "not_health"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # In place of Uvicorn's own handlers, which print exceptions with their texts.
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Their lines hold whole addresses, and so what was searched for.
        "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}
