"""The one place that says who may see or do what: pages, API, websockets and pixels all ask here.

The table is the whole of it. What it does not name is refused.

- DRF view:       ``permission_classes = [Policy("study.view", DELETE="study.delete")]``
- plain view:     ``@guard("study.view")`` (sync or async; session, CSRF and bearer tokens alike)
- page:           ``@page`` (any role; others are sent to log in), ``@public`` (everybody)
- anywhere else:  ``require(user, "job.cancel", job)`` raises ``Denied``; ``allowed(…)`` answers
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.authentication import SCHEME, authenticate
from apps.accounts.models import Role, User
from apps.core.errors import ApiError, Denied, Unauthenticated, as_api_error, problem

if TYPE_CHECKING:
    from rest_framework.views import APIView

Action = Literal[
    "study.view",
    "study.upload",
    "study.delete",
    "job.view",
    "job.run",
    "job.cancel",
    "job.override",
    "draft.view",
    "draft.edit",
    "annotation.edit",
    "artifact.export",
    "pipeline.view",
    "pipeline.manage",
    "evaluation.view",
    "evaluation.import",
    "evaluation.delete",
    "plan.view",
    "plan.run",
    "plan.approve",
    "plan.export",
    "plan.template",
    "followup.view",
    "followup.run",
    "followup.correct",
    "followup.treat",
    "audit.view",
    "token.manage",
    "user.manage",
    "signed_in",
]
# Whoever has an account and is let in, whatever the role: one's own profile, the app's shell.
SIGNED_IN: Action = "signed_in"
ACTIONS: tuple[Action, ...] = tuple(name for name in get_args(Action) if name != SIGNED_IN)


class Scope(Enum):
    ANY = "any"
    OWN = "own"


_C, _R, _P, _A = Role.CLINICIAN, Role.RESEARCHER, Role.PHYSICIST, Role.ADMINISTRATOR
_EVERY_ROLE = {_C: Scope.ANY, _R: Scope.ANY, _P: Scope.ANY, _A: Scope.ANY}

TABLE: dict[Action, dict[Role, Scope]] = {
    "study.view": _EVERY_ROLE,
    "study.upload": _EVERY_ROLE,
    "study.delete": {_A: Scope.ANY},
    "job.view": _EVERY_ROLE,
    "job.run": _EVERY_ROLE,
    "job.cancel": {_C: Scope.ANY, _R: Scope.OWN, _P: Scope.ANY, _A: Scope.ANY},
    # To run a model on an image that its gate holds back.
    "job.override": {_C: Scope.ANY, _P: Scope.ANY, _A: Scope.ANY},
    "draft.view": _EVERY_ROLE,
    "draft.edit": {_C: Scope.ANY, _A: Scope.ANY},
    "annotation.edit": _EVERY_ROLE,
    "artifact.export": _EVERY_ROLE,
    "pipeline.view": _EVERY_ROLE,
    "pipeline.manage": {_A: Scope.ANY},
    "evaluation.view": {_R: Scope.ANY, _A: Scope.ANY},
    "evaluation.import": {_R: Scope.ANY, _A: Scope.ANY},
    "evaluation.delete": {_R: Scope.OWN, _A: Scope.ANY},
    "plan.view": _EVERY_ROLE,
    "plan.run": _EVERY_ROLE,
    # Whether a plan may be used is the physicist's to say.
    "plan.approve": {_P: Scope.ANY, _A: Scope.ANY},
    "plan.export": {_C: Scope.ANY, _P: Scope.ANY, _A: Scope.ANY},
    "plan.template": {_A: Scope.ANY},
    "followup.view": _EVERY_ROLE,
    "followup.run": _EVERY_ROLE,
    # What a lesion is, and how a patient was treated, is the clinician's to say.
    "followup.correct": {_C: Scope.ANY, _A: Scope.ANY},
    "followup.treat": {_C: Scope.ANY, _A: Scope.ANY},
    "audit.view": {_A: Scope.ANY},
    "token.manage": {_C: Scope.OWN, _R: Scope.OWN, _P: Scope.OWN, _A: Scope.OWN},
    "user.manage": {_A: Scope.ANY},
}

OWNER_FIELDS = ("created_by_id", "owner_id", "user_id")


def allowed(user: Any, action: Action, obj: object | None = None) -> bool:
    """Needs no query. Without ``obj`` it answers whether the user may do this to anything."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if action == SIGNED_IN:
        return True
    granted = TABLE.get(action, {})
    scopes = {granted[role] for role in user.roles if role in granted}
    if Scope.ANY in scopes:
        return True
    if Scope.OWN not in scopes:
        return False
    return obj is None or _owned(user, obj)


def _owned(user: Any, obj: object) -> bool:
    owners = [getattr(obj, name) for name in OWNER_FIELDS if hasattr(obj, name)]
    return bool(owners) and owners[0] == user.pk


def require(user: Any, action: Action, obj: object | None = None) -> None:
    if not getattr(user, "is_authenticated", False):
        raise Unauthenticated("Please log in first.", headers={"WWW-Authenticate": SCHEME})
    if not allowed(user, action, obj):
        raise Denied("Your role does not allow this.")


def signed_in_user(request: HttpRequest | Request) -> User:
    """The person behind a request that a policy has let through."""
    if not isinstance(request.user, User):
        raise Unauthenticated("Please log in first.", headers={"WWW-Authenticate": SCHEME})
    return request.user


def permissions_of(user: Any) -> list[Action]:
    return [action for action in ACTIONS if allowed(user, action)]


class DenyAll(BasePermission):
    """What a view without a policy gets."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


class _PolicyPermission(BasePermission):
    default: Action | None = None
    by_method: dict[str, Action] = {}

    def action_of(self, method: str | None) -> Action | None:
        same_as = {"HEAD": "GET", "OPTIONS": "GET"}.get(method or "", method or "")
        return self.by_method.get(method or "", self.by_method.get(same_as, self.default))

    def has_permission(self, request: Request, view: APIView) -> bool:
        action = self.action_of(request.method)
        return action is not None and allowed(request.user, action)

    def has_object_permission(self, request: Request, view: APIView, obj: object) -> bool:
        action = self.action_of(request.method)
        return action is not None and allowed(request.user, action, obj)


def Policy(  # noqa: N802 - used where DRF expects a class
    default: Action | None = None, **by_method: Action
) -> type[BasePermission]:
    """A DRF permission class for one action, or one per HTTP method."""
    named = {default, *by_method.values()} - {None}
    unknown = named - {*ACTIONS, SIGNED_IN}
    if unknown or not named:
        raise ValueError(f"The policy table knows no {unknown or 'empty policy'}.")
    return type(
        "PolicyPermission", (_PolicyPermission,), {"default": default, "by_method": by_method}
    )


SignedIn = Policy(SIGNED_IN)

View = Callable[..., Any]


def guard(default: Action | None = None, **by_method: Action) -> Callable[[View], View]:
    """The policy of a plain view. It sets ``request.user`` also for bearer tokens, and answers
    what the view raises as problem+json."""
    permission = cast("_PolicyPermission", Policy(default, **by_method)())

    def enter(request: HttpRequest) -> None:
        request.user = authenticate(request)
        action = permission.action_of(request.method)
        if action is None:
            raise Denied("This is not allowed here.")
        require(request.user, action)

    def decorate(view: View) -> View:
        if inspect.iscoroutinefunction(view):

            @wraps(view)
            async def guarded_async(
                request: HttpRequest, *args: Any, **kwargs: Any
            ) -> HttpResponseBase:
                try:
                    await sync_to_async(enter)(request)
                    return cast("HttpResponseBase", await view(request, *args, **kwargs))
                except Exception as error:  # noqa: BLE001 - re-raised unless it is an answer
                    return _answer(error)

            guarded: View = guarded_async
        else:

            @wraps(view)
            def guarded_sync(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                try:
                    enter(request)
                    return cast("HttpResponseBase", view(request, *args, **kwargs))
                except Exception as error:  # noqa: BLE001 - re-raised unless it is an answer
                    return _answer(error)

            guarded = guarded_sync
        # ``authenticate`` checks CSRF itself, and only where a session is what speaks.
        guarded = csrf_exempt(guarded)
        guarded.policy = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: View) -> View:
    """Marks a plain view that everybody may see, so that the audit of all addresses knows it."""
    view.policy = "public"  # type: ignore[attr-defined]
    return view


def page(view: View) -> View:
    """A page for whoever is logged in; everybody else is sent to log in first."""
    guarded: View = login_required(view)
    guarded.policy = SIGNED_IN  # type: ignore[attr-defined]
    return guarded


def _answer(error: Exception) -> HttpResponseBase:
    told: ApiError = as_api_error(error)
    if told.code == "internal_error":
        raise error
    return problem(told)
