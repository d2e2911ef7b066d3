"""A patient over time: treatments, comparisons of two images, predictions and how right they were.

Rows name their patient by ``person``, the identity in the index of studies: they outlive a study
that is taken out and sent again, as measurements do.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from apps.core.models import BaseModel
from apps.jobs.models import Job

NOTE_MAX, REASON_MAX = 200, 500


class OfPerson(BaseModel):
    person = models.CharField(max_length=160)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True


class Treatment(OfPerson):
    """What was done, entered by a person or a program."""

    class Kind(models.TextChoices):
        SURGERY = "surgery"
        RADIOTHERAPY = "radiotherapy"
        CHEMOTHERAPY = "chemotherapy"
        IMMUNOTHERAPY = "immunotherapy"
        OTHER = "other"

    # The study at whose page it was entered: what the audit trail names.
    study_uid = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    note = models.CharField(max_length=NOTE_MAX, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "started_on"], name="followup_treatments")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class OfJob(OfPerson):
    """What a job makes. Its state is the job's, unless the job's result could not be used."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="%(class)s")
    base_series_uid = models.CharField(max_length=64)
    base_study_uid = models.CharField(max_length=64)
    base_date = models.DateField(null=True)
    warnings = models.JSONField(default=list)
    content = models.JSONField(null=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def state(self) -> str:
        return Job.State.FAILED if self.error_code else self.job.state


class Comparison(OfJob):
    """Two images of one person, registered; with ``change`` also measured against each other."""

    class Kind(models.TextChoices):
        REGISTER = "register"
        CHANGE = "change"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    deformable = models.BooleanField(default=False)
    follow_series_uid = models.CharField(max_length=64)
    follow_study_uid = models.CharField(max_length=64)
    follow_date = models.DateField(null=True)
    comparable = models.BooleanField(null=True)
    score = models.FloatField(null=True)
    # The few figures that lists show: {"lesions", "new", "resolved", "base_ml", "follow_ml"}.
    summary = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-created_at"], name="followup_comparisons"),
            models.Index(
                fields=["base_series_uid", "follow_series_uid"], name="followup_comparison_pair"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LesionTrack(OfPerson):
    """One lesion of a person through all comparisons."""

    class Origin(models.TextChoices):
        MODEL = "model"
        PERSON = "person"

    tracking_uid = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.MODEL)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "tracking_uid"], name="followup_track_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LesionState(BaseModel):
    """What the model found of one lesion in one comparison. Corrections stand beside it."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="lesions")
    track = models.ForeignKey(LesionTrack, on_delete=models.CASCADE, related_name="states")
    # As the run called it: its masks and its report do.
    run_uid = models.CharField(max_length=64)
    run_name = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    base_ml = models.FloatField()
    follow_ml = models.FloatField()
    diameter_mm = models.FloatField(null=True)
    # LPS in mm, in the frame of the base image and in that of the follow-up.
    centre_base = models.JSONField()
    centre_follow = models.JSONField(null=True)
    parents = models.JSONField(default=list)
    children = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["comparison", "run_uid"], name="followup_lesion_once"),
            models.UniqueConstraint(
                fields=["comparison", "track"], name="followup_track_once_each"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LesionCorrection(BaseModel):
    """What a person says of a lesion. Rows are added, never changed: taking one back is another
    row. They hold for every run over the same two images."""

    class What(models.TextChoices):
        STATE = "state"
        REJECTED = "rejected"
        MERGED = "merged"
        ADDED = "added"
        WITHDRAWN = "withdrawn"

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="corrections")
    track = models.ForeignKey(LesionTrack, on_delete=models.CASCADE, related_name="corrections")
    what = models.CharField(max_length=16, choices=What.choices)
    # The state; the tracking UID that it belongs to; or the lesion that was added.
    value = models.JSONField(null=True)
    withdraws = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="withdrawn_by"
    )
    reason = models.CharField(max_length=REASON_MAX)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Written down: an account may be removed, who corrected may not.
    by_name = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.comparison_id} {self.what}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A correction is never changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("A correction is never removed.")


class Prediction(OfJob):
    """A follow-up scan that a model predicts, kept until the real one arrives and after."""

    class Treatment(models.TextChoices):
        NONE = "none"
        RESECTION = "resection"
        RADIOTHERAPY = "radiotherapy"
        CHEMOTHERAPY = "chemotherapy"

    prior_series_uid = models.CharField(max_length=64, blank=True)
    days = models.PositiveIntegerField()
    treatment = models.CharField(max_length=16, choices=Treatment.choices)
    samples = models.PositiveSmallIntegerField()
    target_date = models.DateField(null=True)
    # Which model it was, and the digest of its weights: one track record for each.
    pipeline_version = models.CharField(max_length=50, blank=True)
    model_version = models.CharField(max_length=100, blank=True)
    model_sha256 = models.CharField(max_length=64, blank=True)
    # The series that it made, by the artefact's key.
    series = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-created_at"], name="followup_predictions"),
            models.Index(
                fields=["target_date"],
                name="followup_awaited",
                condition=models.Q(content__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PredictionScore(BaseModel):
    """One prediction beside one scan that came. At most one for each scan."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="scores")
    actual_series_uid = models.CharField(max_length=64)
    actual_study_uid = models.CharField(max_length=64)
    actual_date = models.DateField()
    # None: the scan could not be scored at all, for the reason in error_message.
    job = models.OneToOneField(
        Job, null=True, on_delete=models.CASCADE, related_name="prediction_score"
    )
    content = models.JSONField(null=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    comparable = models.BooleanField(null=True)
    inside_interval = models.BooleanField(null=True)
    beats_carry_forward = models.BooleanField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["actual_date", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["prediction", "actual_series_uid"], name="followup_score_once"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["actual_study_uid"], name="followup_scores_of_study")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state(self) -> str:
        if self.error_code or self.job is None:
            return Job.State.FAILED
        return self.job.state
