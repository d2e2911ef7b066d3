from django.urls import URLPattern, path

from apps.live.api.views import LiveTicketView

urlpatterns: list[URLPattern] = [
    path("live/ticket", LiveTicketView.as_view(), name="live-ticket"),
]
