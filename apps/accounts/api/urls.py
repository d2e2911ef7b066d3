from django.urls import path

from apps.accounts.api.views import MeView, TokensView, TokenView

urlpatterns = [
    path("me", MeView.as_view()),
    path("tokens", TokensView.as_view()),
    path("tokens/<uuid:token_id>", TokenView.as_view()),
]
