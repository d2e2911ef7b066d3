from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.core.idempotency import HEADER
from apps.inference.api.views import KEY_PARAMETER
from apps.pacs.trail import study_viewed
from apps.planning import selectors
from apps.planning.api import serializers as s
from apps.planning.chart import chart_of
from apps.planning.models import LimitSet, Plan, PlanTemplate
from apps.planning.services import decide, versions
from apps.planning.services.request import plan_create
from apps.planning.shown import plan_shown


class TemplatesView(GenericAPIView[PlanTemplate]):
    permission_classes = [Policy("plan.view", POST="plan.template")]
    serializer_class = s.TemplateSerializer
    ordering = ("name", "-version", "id")

    @extend_schema(
        operation_id="plan_templates_list",
        parameters=[s.TemplateQuerySerializer],
        responses=s.TemplateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The versions that are offered; with `all`, every version there has been."""
        asked = s.TemplateQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = selectors.templates_found(
            name=asked.validated_data["name"], everything=asked.validated_data["all"]
        )
        page = self.paginate_queryset(found)
        return self.get_paginated_response(s.TemplateSerializer(page, many=True).data)

    @extend_schema(
        operation_id="plan_templates_create",
        request=s.TemplateCreateSerializer,
        responses={201: s.TemplateSerializer},
    )
    def post(self, request: Request) -> Response:
        """The next version of a template, or the first of a new one. Older versions stay."""
        asked = s.TemplateCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = versions.template_create(
            actor=signed_in_user(request), body=asked.validated_data["body"]
        )
        return Response(s.TemplateSerializer(made).data, status=201)


class TemplateView(APIView):
    permission_classes = [Policy("plan.view")]

    @extend_schema(operation_id="plan_templates_read", responses=s.TemplateSerializer)
    def get(self, request: Request, template_id: UUID) -> Response:
        return Response(s.TemplateSerializer(selectors.template_get(template_id)).data)


class LimitsView(GenericAPIView[LimitSet]):
    permission_classes = [Policy("plan.view", POST="plan.template")]
    serializer_class = s.LimitSetSerializer
    ordering = ("-version", "id")

    @extend_schema(operation_id="plan_limits_list", responses=s.LimitSetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every version of the limits; the first of the list is in force."""
        page = self.paginate_queryset(LimitSet.objects.select_related("created_by"))
        return self.get_paginated_response(s.LimitSetSerializer(page, many=True).data)

    @extend_schema(
        operation_id="plan_limits_create",
        request=s.LimitSetCreateSerializer,
        responses={201: s.LimitSetSerializer},
    )
    def post(self, request: Request) -> Response:
        """The next version of the limits. Plans keep the one that they were made with."""
        asked = s.LimitSetCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = versions.limits_create(actor=signed_in_user(request), **asked.validated_data)
        return Response(s.LimitSetSerializer(made).data, status=201)


class PlansView(GenericAPIView[Plan]):
    permission_classes = [Policy("plan.view", POST="plan.run")]
    serializer_class = s.PlanBriefSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(
        operation_id="plans_list",
        parameters=[s.PlanQuerySerializer],
        responses=s.PlanBriefSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = s.PlanQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = self.paginate_queryset(selectors.plans_found(**asked.validated_data))
        if (study_uid := asked.validated_data["study_uid"]) and page:
            study_viewed(request.user, study_uid)
        return self.get_paginated_response(s.PlanBriefSerializer(page, many=True).data)

    @extend_schema(
        operation_id="plans_create",
        parameters=[KEY_PARAMETER],
        request=s.PlanCreateSerializer,
        responses={200: s.PlanBriefSerializer, 201: s.PlanBriefSerializer},
    )
    def post(self, request: Request) -> Response:
        """Queue the run that makes a plan. Its stream is that of the job; a run that is repeated
        is another plan, which names this one as `predecessor`."""
        asked = s.PlanCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        plan, created = plan_create(
            user=signed_in_user(request),
            idempotency_key=request.headers.get(HEADER, ""),
            **asked.validated_data,
        )
        shown = s.PlanBriefSerializer(selectors.plans_found().get(pk=plan.pk))
        return Response(shown.data, status=201 if created else 200)


def _shown(request: Request, plan_id: UUID) -> dict[str, Any]:
    plan = selectors.plan_get(plan_id)
    shown = plan_shown(plan, signed_in_user(request))
    return dict(s.PlanSerializer(plan, context={"shown": shown}).data)


class PlanView(APIView):
    permission_classes = [Policy("plan.view")]

    @extend_schema(operation_id="plans_read", responses=s.PlanSerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        shown = _shown(request, plan_id)
        study_viewed(request.user, shown["study_uid"])
        return Response(shown)


class PlanViewedView(APIView):
    permission_classes = [Policy("plan.view")]
    pagination_class = None

    @extend_schema(
        operation_id="plans_viewed",
        request=s.ViewedSerializer,
        responses=s.RequiredViewSerializer(many=True),
    )
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Say what was opened, when it is opened. Approving needs all of it, by the same person."""
        asked = s.ViewedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        decide.plan_viewed(user=signed_in_user(request), plan_id=plan_id, **asked.validated_data)
        return Response(_shown(request, plan_id)["required_views"])


class PlanDecisionView(APIView):
    permission_classes = [Policy("plan.approve")]

    @extend_schema(
        operation_id="plans_decide",
        parameters=[
            OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, required=True),
        ],
        request=s.DecisionCreateSerializer,
        responses={200: s.PlanSerializer, 201: s.PlanSerializer},
    )
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Approve, reject, or withdraw a decision. Refused: `not_viewed` (`errors`: what is left
        to be looked at), `checks_failed`, `plan_changed`, `decision_not_now`."""
        asked = s.DecisionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        _decision, created = decide.plan_decide(
            user=signed_in_user(request),
            plan_id=plan_id,
            idempotency_key=request.headers.get(HEADER, ""),
            **asked.validated_data,
        )
        return Response(_shown(request, plan_id), status=201 if created else 200)


class PlanChartView(APIView):
    permission_classes = [Policy("plan.view")]

    @extend_schema(
        operation_id="plan_chart",
        parameters=[OpenApiParameter("check", str, required=True)],
        responses=s.ChartSerializer,
    )
    def get(self, request: Request) -> Response:
        """A check's figure over patients: the newest plan of each that was made with the limits in
        force and not rejected."""
        return Response(s.ChartSerializer(chart_of(request.query_params.get("check", ""))).data)
