from django.urls import path

from apps.accounts.policy import page, public
from apps.web import docs, views

urlpatterns = [
    path("", views.shell, name="shell"),
    path("studies/<path:rest>", views.shell),
    path("jobs", views.shell),
    path("jobs/<path:rest>", views.shell),
    path("evaluations", views.shell),
    path("evaluations/<path:rest>", views.shell),
    path("models", views.shell),
    path("models/<path:rest>", views.shell),
    path("settings", views.shell),
    path("settings/<path:rest>", views.shell),
    path("accounts/login/", public(views.Login.as_view()), name="login"),
    path("accounts/logout/", public(views.Logout.as_view()), name="logout"),
    path("accounts/password/", page(views.PasswordChange.as_view()), name="password_change"),
    path("healthz", views.healthz),
    path("api/v1/schema/", docs.SchemaView.as_view(), name="schema"),
    path("api/v1/docs/", page(docs.DocsView.as_view()), name="docs"),
]
