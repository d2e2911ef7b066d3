"""The pages that Django serves itself: the shell of the front end, log-in, health."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.accounts.forms import LoginForm
from apps.accounts.models import User
from apps.accounts.policy import page, public
from apps.web import health


@page
@require_safe
@ensure_csrf_cookie
def shell(request: HttpRequest, **_: str) -> HttpResponse:
    """The front end's one page; it reads the address itself."""
    index = settings.FRONTEND_DIST / "index.html"
    if not index.is_file():
        context = {
            "heading": "The front end is not built yet",
            "lead": "The server runs. Build the front end, then load this page again.",
            "command": "make run",
            "link": "/api/v1/docs/",
            "link_text": "Open the API meanwhile",
        }
        return render(request, "web/message.html", context, status=503)
    return HttpResponse(index.read_bytes(), headers={"Cache-Control": "no-cache"})


@public
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    states = health.parts()
    status = health.status_of(states)
    return JsonResponse({"status": status, "parts": states}, status=200 if status == "ok" else 503)


class Login(LoginView):
    form_class = LoginForm
    template_name = "web/form.html"
    redirect_authenticated_user = True
    extra_context = {
        "heading": "Log in",
        "submit": "Log in",
        "hint": "The first administrator's password was shown where Synoptic was started.",
    }


class Logout(LogoutView):
    """By POST only, so that no link of another page logs anybody out."""


class PasswordChange(PasswordChangeView):
    template_name = "web/form.html"
    success_url = reverse_lazy("shell")
    extra_context = {"heading": "Change your password", "submit": "Change it"}


@public
@require_safe
def admin_login(request: HttpRequest) -> HttpResponseBase:
    """The admin has no door of its own: the one at /accounts/login/ counts wrong passwords."""
    wanted = request.GET.get("next", "/admin/")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        wanted = "/admin/"
    if isinstance(request.user, User) and not request.user.is_staff:
        context: dict[str, Any] = {
            "heading": "For administrators",
            "lead": f"{request.user.get_full_name()} is not an administrator.",
            "link": "/",
            "link_text": "Back to the studies",
        }
        return render(request, "web/message.html", context, status=403)
    if request.user.is_authenticated:
        return redirect(wanted)
    return redirect_to_login(wanted)
