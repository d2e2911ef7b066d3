"""The index of what the archive holds: patients, studies, series; and people's measurements."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.core.models import BaseModel

# Sorts where a date is missing: before every real one, so that the newest come first either way.
NO_DATE = dt.date(1, 1, 1)


class BytewiseCharField(models.CharField[str, str]):
    """Text compared byte by byte on every database, so that a prefix is one range of an index."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            return {**parameters, "collation": "C"}
        return parameters


class Patient(BaseModel):
    """Who is meant: patient id and its issuer. A study without a patient id has one of its own."""

    identity = models.CharField(max_length=160, unique=True)
    patient_id = models.CharField(max_length=64, blank=True)
    issuer = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Study(BaseModel):
    """One study. What its files say of the patient stays with it: another study of the same
    patient may say it differently."""

    study_uid = models.CharField(max_length=64, unique=True)
    orthanc_id = models.CharField(max_length=44)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="studies")
    patient_name = models.CharField(max_length=200, blank=True)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=16, blank=True)

    study_date = models.DateField(null=True)
    study_time = models.TimeField(null=True)
    description = models.CharField(max_length=200, blank=True)
    accession_number = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField()

    # Taken together from its series.
    modalities = models.JSONField(default=list)
    body_parts = models.JSONField(default=list)
    laterality = models.CharField(max_length=4, blank=True)
    series_count = models.PositiveIntegerField(default=0)
    instance_count = models.PositiveIntegerField(default=0)
    synthetic = models.BooleanField(default=False)

    # What the list is sorted by: never null, and case and accents folded.
    date_key = models.DateField(default=NO_DATE)
    name_key = BytewiseCharField(max_length=200, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["date_key", "id"], name="study_by_date"),
            models.Index(fields=["name_key", "id"], name="study_by_name"),
            models.Index(fields=["received_at", "id"], name="study_by_arrival"),
            models.Index(fields=["patient", "date_key"], name="study_by_patient"),
        ]

    def __str__(self) -> str:
        return self.study_uid


class StudyTerm(models.Model):
    """One word by which a study is found, or one of its modalities (``=modality:MR``)."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="terms", db_index=False)
    term = BytewiseCharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["study", "term"], name="study_term_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["term", "study"], name="study_by_term")
        ]

    def __str__(self) -> str:
        return str(self.study_id)


class Series(BaseModel):
    class Kind(models.TextChoices):
        IMAGE = "image"
        SEG = "seg"
        SR = "sr"
        RTSTRUCT = "rtstruct"
        RTDOSE = "rtdose"
        OTHER = "other"

    series_uid = models.CharField(max_length=64, unique=True)
    orthanc_id = models.CharField(max_length=44, unique=True)
    study = models.ForeignKey(Study, models.CASCADE, related_name="series")
    modality = models.CharField(max_length=16, blank=True)
    number = models.IntegerField(null=True)
    description = models.CharField(max_length=200, blank=True)
    body_part = models.CharField(max_length=64, blank=True)
    laterality = models.CharField(max_length=4, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.OTHER)
    instance_count = models.PositiveIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(null=True)
    columns = models.PositiveIntegerField(null=True)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True)
    transfer_syntax = models.CharField(max_length=64, blank=True)
    sop_class_uid = models.CharField(max_length=64, blank=True)
    synthetic = models.BooleanField(default=False)
    ai_generated = models.BooleanField(default=False)
    derived_from = models.JSONField(default=list)
    # Empty for what was indexed before these columns were there.
    sequence = models.CharField(max_length=16, blank=True, default="")
    device = models.CharField(max_length=80, blank=True, default="")

    geometry_kind = models.CharField(max_length=16, default="none")
    geometry_spacing = models.JSONField(null=True)
    geometry_slices = models.PositiveIntegerField(default=0)
    geometry_reason = models.CharField(max_length=300, blank=True)

    # False while instances may still be on their way.
    complete = models.BooleanField(default=False)
    grew_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "series"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["study", "number", "id"], name="series_in_study"),
            models.Index(
                fields=["grew_at"], name="series_open", condition=models.Q(complete=False)
            ),
        ]

    def __str__(self) -> str:
        return self.series_uid


class SeriesLayout(models.Model):
    """Where every slice of a series lies. Apart from the series: it is large and rarely read.

    ``instances``: ``[{sop, orthanc, number, position, frames}]`` in slice order. ``grid`` (regular
    series only): what a client needs to draw the volume. ``planes``: ``[[instance, frame], …]`` of
    the grid, ascending along its normal; ``frame`` counts from 0.
    """

    series = models.OneToOneField(Series, models.CASCADE, primary_key=True, related_name="layout")
    instances = models.JSONField(default=list)
    grid = models.JSONField(null=True)
    planes = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.series_id)


class IntakeCursor(models.Model):
    """How far the archive's changes are in the index. One row; it moves in the transaction that
    writes what it stands for. ``revision`` counts what a study list may show."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    revision = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.position)


class Annotation(BaseModel):
    """A measurement drawn by a person. It names its study by UID: it outlives a re-sent study."""

    study_uid = models.CharField(max_length=64)
    series_uid = models.CharField(max_length=64)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    tool = models.CharField(max_length=64)
    geometry = models.JSONField()
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=32, blank=True)
    label = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="annotations"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["study_uid", "created_at"], name="annotation_by_study")
        ]

    def __str__(self) -> str:
        return str(self.id)
