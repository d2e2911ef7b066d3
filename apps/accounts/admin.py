"""Accounts, for administrators."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from apps.accounts.forms import AccountChangeForm, AccountCreationForm
from apps.accounts.models import ApiToken, User
from apps.accounts.policy import signed_in_user
from apps.accounts.services import token_revoke
from apps.core.trail import leave

# Roles are the policy's; a second, unused kind of right would only mislead.
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    form = AccountChangeForm
    add_form = AccountCreationForm
    list_display = ("username", "display_name", "role_names", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "display_name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("display_name", "email")}),
        ("What this account may do", {"fields": ("is_active", "roles")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "display_name", "roles", "password1", "password2"),
            },
        ),
    )

    @admin.display(description="roles")
    def role_names(self, user: User) -> str:
        return ", ".join(user.roles) or "none"

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        leave(
            actor=request.user,
            action="user.change" if change else "user.create",
            object_type="user",
            object_id=obj.pk,
        )

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        leave(actor=request.user, action="user.delete", object_type="user", object_id=obj.pk)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody removes the account they are using."""
        return obj != request.user and bool(super().has_delete_permission(request, obj))


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens can be seen and revoked here, never made: a secret is its owner's."""

    list_display = (
        "prefix",
        "name",
        "user",
        "created_at",
        "last_used_at",
        "expires_at",
        "in_force",
    )
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username")
    readonly_fields: ClassVar[list[str]] = [
        "prefix",
        "name",
        "user",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.display(boolean=True, description="in force")
    def in_force(self, token: ApiToken) -> bool:
        return token.in_force

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        actor = signed_in_user(request)
        for token in tokens:
            token_revoke(token=token, actor=actor)
        self.message_user(request, "The chosen tokens are revoked.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
