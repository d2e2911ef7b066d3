"""Structures drawn by hand."""

from __future__ import annotations

import base64
import binascii
from typing import Any, get_args

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.policy import Policy, signed_in_user
from apps.core.idempotency import HEADER
from apps.inference.api.views import KEY_PARAMETER
from apps.planning.services.structures import structures_create
from ml.contracts.drawing import DrawnStructure, DrawnType

STRUCTURES_MAX = 20
# A brush makes two runs a row: a fist in a fine head is far below.
RUNS_MAX = 4 * 1024**2


class DrawnStructureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=64)
    interpreted_type = serializers.ChoiceField(
        choices=[name for name in get_args(DrawnType) if name], required=False, default="ORGAN"
    )
    colour = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=255), min_length=3, max_length=3
    )
    runs = serializers.CharField(
        max_length=RUNS_MAX,
        help_text="Base64 of the lengths of runs (uint32, little endian), by turns outside and "
        "inside, first outside, over all voxels in the order of the series' /volume.",
    )

    def validate_name(self, name: str) -> str:
        if "\\" in name:
            raise serializers.ValidationError("A name has no backslash.")
        return name

    def validate_runs(self, runs: str) -> bytes:
        try:
            return base64.b64decode(runs, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64.") from None


class DrawingSerializer(serializers.Serializer[Any]):
    series_uid = serializers.CharField(max_length=64, help_text="The images that were drawn on.")
    label = serializers.CharField(max_length=16, required=False, default="DRAWN")  # type: ignore[assignment]
    structures = serializers.ListField(
        child=DrawnStructureSerializer(), min_length=1, max_length=STRUCTURES_MAX
    )

    def validate_structures(self, structures: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["name"] for one in structures}) != len(structures):
            raise serializers.ValidationError("Two structures have the same name.")
        return structures


class StoredStructuresSerializer(serializers.Serializer[Any]):
    """It is listed with the study as soon as the archive has told of it: some seconds."""

    series_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()


class StructuresView(APIView):
    permission_classes = [Policy("annotation.edit")]

    @extend_schema(
        operation_id="study_structures_create",
        parameters=[KEY_PARAMETER],
        request=DrawingSerializer,
        responses={201: StoredStructuresSerializer},
    )
    def post(self, request: Request, study_uid: str) -> Response:
        """Keep structures that were drawn by hand as a structure set (RTSTRUCT) of the study. It
        says that a person drew them, and who."""
        asked = DrawingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        stored = structures_create(
            user=signed_in_user(request),
            study_uid=study_uid,
            series_uid=given["series_uid"],
            label=given["label"],
            structures=[
                DrawnStructure(**{**one, "colour": tuple(one["colour"])})
                for one in given["structures"]
            ],
            idempotency_key=request.headers.get(HEADER, ""),
        )
        return Response(StoredStructuresSerializer(stored).data, status=201)
