"""Log-ins and log-outs enter the trail through the signals that Django itself sends."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from apps.audit.services import audit_record


def listen() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="audit-login")
    user_logged_out.connect(_logged_out, dispatch_uid="audit-logout")
    user_login_failed.connect(_login_failed, dispatch_uid="audit-login-failed")


def _logged_in(user: Any, **_: object) -> None:
    audit_record(actor=user, action="session.login", object_type="user", object_id=user.pk)


def _logged_out(user: Any, **_: object) -> None:
    if user is not None:
        audit_record(actor=user, action="session.logout", object_type="user", object_id=user.pk)


def _login_failed(**_: object) -> None:
    """Without the name that was typed: it may be the password, or a patient's."""
    audit_record(actor=None, action="session.refused", object_type="user")
