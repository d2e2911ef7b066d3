"""The composition root. Importing it binds the Celery application to all shared tasks."""

from apps.config.celery import app as celery_app

__all__ = ["celery_app"]
