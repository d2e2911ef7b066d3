"""The log-in form, and the form by which an administrator keeps accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UserChangeForm, UserCreationForm
from django.core.exceptions import ValidationError

from apps.accounts.models import Role, User
from apps.accounts.throttle import login_blocked, login_failed, login_succeeded


class LoginForm(AuthenticationForm):
    """Django's form, with a pause after many wrong passwords."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Name and password do not match an account.",
        "blocked": "Too many wrong passwords. Please wait five minutes.",
    }

    def clean(self) -> dict[str, Any]:
        username = str(self.cleaned_data.get("username") or "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if login_blocked(username=username, address=address):
            raise ValidationError(self.error_messages["blocked"], code="blocked")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            login_failed(username=username, address=address)
            raise
        login_succeeded(username=username, address=address)
        return cleaned


class RolesField(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Role.choices, required=False, **kwargs)


class AccountCreationForm(UserCreationForm[User]):
    roles = RolesField()

    class Meta:
        model = User
        fields = ("username", "display_name", "roles")


class AccountChangeForm(UserChangeForm[User]):
    roles = RolesField()

    class Meta:
        model = User
        fields = "__all__"
