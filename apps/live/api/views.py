from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import ApiToken, User
from apps.accounts.policy import Policy
from apps.live.tickets import ticket_issue


class LiveTicketSerializer(serializers.Serializer[dict[str, object]]):
    ticket = serializers.CharField(help_text="Goes into the address: /ws/v1/live?ticket=…")
    expires_at = serializers.DateTimeField()


class LiveTicketView(APIView):
    permission_classes = [Policy("job.view")]

    @extend_schema(
        operation_id="live_ticket",
        summary="A word that opens one websocket, within seconds and once",
        request=None,
        responses={201: LiveTicketSerializer},
    )
    def post(self, request: Request) -> Response:
        token = request.auth if isinstance(request.auth, ApiToken) else None
        ticket, expires_at = ticket_issue(cast("User", request.user), token)
        answer = LiveTicketSerializer({"ticket": ticket, "expires_at": expires_at})
        return Response(answer.data, status=201)
