from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.serializers import (
    MadeTokenSerializer,
    MeSerializer,
    TokenCreateSerializer,
    TokenSerializer,
)
from apps.accounts.models import ApiToken
from apps.accounts.policy import Policy, SignedIn, require, signed_in_user
from apps.accounts.services import token_create, token_revoke
from apps.core.errors import Denied


class MeView(APIView):
    """Who is asking, and what they may do."""

    permission_classes = [SignedIn]

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(signed_in_user(request)).data)


class TokensView(ListAPIView[ApiToken]):
    """Tokens of the person who asks that have not been revoked."""

    permission_classes = [Policy("token.manage")]
    serializer_class = TokenSerializer
    ordering = ("-created_at", "id")

    def get_queryset(self) -> QuerySet[ApiToken]:
        if getattr(self, "swagger_fake_view", False):
            return ApiToken.objects.none()
        return ApiToken.objects.filter(user=signed_in_user(self.request), revoked_at=None)

    @extend_schema(
        operation_id="tokens_create",
        request=TokenCreateSerializer,
        responses={201: MadeTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a token. It needs a log-in: a token that leaked must not make itself successors."""
        if isinstance(request.auth, ApiToken):
            raise Denied("A token is made in the browser, not by another token.")
        given = TokenCreateSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = token_create(user=signed_in_user(request), **given.validated_data)
        body = {**TokenSerializer(made.token).data, "token": made.secret}
        return Response(body, status=status.HTTP_201_CREATED)


class TokenView(GenericAPIView[ApiToken]):
    permission_classes = [Policy("token.manage")]
    serializer_class = TokenSerializer

    @extend_schema(operation_id="tokens_revoke", responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke a token. It opens nothing from then on; its open websockets close within 15 s."""
        user = signed_in_user(request)
        token = get_object_or_404(ApiToken, pk=token_id, user=user, revoked_at=None)
        require(user, "token.manage", token)
        token_revoke(token=token, actor=user)
        return Response(status=status.HTTP_204_NO_CONTENT)
