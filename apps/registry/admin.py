"""The registry, where an administrator reads the cards and decides what is on offer."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.policy import allowed, signed_in_user
from apps.registry.metrics_table import metrics_table
from apps.registry.models import Checkpoint, PipelineVersion, State, WeightsFile
from apps.registry.services import pipeline_switch

TONES = {
    State.AVAILABLE: "good",
    State.WEIGHTS_MISSING: "caution",
    State.DIGEST_MISMATCH: "danger",
    State.WITHDRAWN: "muted",
}


def badge(text: str, tone: str) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', tone, text)


class WeightsFileInline(admin.TabularInline[WeightsFile, PipelineVersion]):
    model = WeightsFile
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "path", "digest", "licence", "found")

    @admin.display(description="SHA-256")
    def digest(self, file: WeightsFile) -> SafeString:
        return format_html("<code>{}</code>", file.sha256)

    @admin.display(description="found")
    def found(self, file: WeightsFile) -> SafeString:
        return badge(file.get_state_display(), TONES[State(file.state)])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PipelineVersion)
class PipelineVersionAdmin(admin.ModelAdmin[PipelineVersion]):
    list_display = ("title", "version", "state_badge", "offer", "digests", "verified_at")
    sortable_by = ("title", "state_badge", "verified_at")
    list_filter = ("state", "enabled")
    search_fields = ("name", "title")
    actions = ("switch_on", "switch_off")
    inlines = (WeightsFileInline,)
    CHANGED_HERE = "enabled"
    fieldsets = (
        (None, {"fields": ("enabled", "state_badge", "name", "version", "verified_at")}),
        ("Use", {"fields": ("summary", "intended_use", "limitations", "licence")}),
        ("Contract", {"fields": ("inputs_read", "outputs_read", "parameters_read")}),
        ("Metrics", {"fields": ("measured",)}),
        ("Card", {"fields": ("chai", "card")}),
    )

    @admin.display(description="state", ordering="state")
    def state_badge(self, row: PipelineVersion) -> SafeString:
        return badge(row.get_state_display(), TONES[State(row.state)])

    @admin.display(description="on offer", ordering="enabled")
    def offer(self, row: PipelineVersion) -> SafeString:
        return badge("on", "good") if row.enabled else badge("off", "muted")

    @admin.display(description="weights")
    def digests(self, row: PipelineVersion) -> SafeString:
        files = [(file.name, file.sha256[:12]) for file in row.weights.all()]
        return format_html_join(mark_safe("<br>"), "{} <code>{}…</code>", files) or mark_safe("–")

    @admin.display(description="inputs")
    def inputs_read(self, row: PipelineVersion) -> SafeString:
        return _listing(row.inputs)

    @admin.display(description="outputs")
    def outputs_read(self, row: PipelineVersion) -> SafeString:
        return _listing(row.outputs)

    @admin.display(description="parameters")
    def parameters_read(self, row: PipelineVersion) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(row.parameters, indent=2))

    @admin.display(description="of the weights")
    def measured(self, row: PipelineVersion) -> SafeString:
        return format_html_join("", "{}", ((_measured(file),) for file in row.weights.all()))

    @admin.display(description="CHAI layout")
    def chai(self, row: PipelineVersion) -> SafeString:
        address = f"/api/v1/pipelines/{row.name}/card"
        links = [(f"{address}?encoding={encoding}", encoding) for encoding in ("json", "xml")]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description="model card")
    def card(self, row: PipelineVersion) -> SafeString:
        # Cleaned when it was stored (cards.py).
        return format_html('<div class="card">{}</div>', mark_safe(row.card_html))  # noqa: S308

    @admin.action(description="Offer the chosen versions", permissions=["change"])
    def switch_on(self, request: HttpRequest, rows: QuerySet[PipelineVersion]) -> None:
        self._switch(request, rows, enabled=True)

    @admin.action(description="Take the chosen versions off offer", permissions=["change"])
    def switch_off(self, request: HttpRequest, rows: QuerySet[PipelineVersion]) -> None:
        self._switch(request, rows, enabled=False)

    def _switch(
        self, request: HttpRequest, rows: QuerySet[PipelineVersion], *, enabled: bool
    ) -> None:
        actor = signed_in_user(request)
        for row in rows:
            pipeline_switch(pipeline=row, enabled=enabled, actor=actor)
        self.message_user(request, f"{len(rows)} switched {'on' if enabled else 'off'}.")

    def save_model(
        self,
        request: HttpRequest,
        obj: PipelineVersion,
        form: ModelForm[PipelineVersion],
        change: bool,
    ) -> None:
        if "enabled" in form.changed_data:
            pipeline_switch(pipeline=obj, enabled=obj.enabled, actor=signed_in_user(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = [str(name) for _, options in self.fieldsets for name in options["fields"]]
        return [name for name in shown if name != self.CHANGED_HERE]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PipelineVersion]:
        return super().get_queryset(request).prefetch_related("weights")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allowed(request.user, "pipeline.manage", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _measured(file: WeightsFile) -> SafeString:
    if file.metrics is None:
        missing = f"{file.metrics_path} is missing" if file.metrics_path else "no metrics file"
        return format_html("<p>{}: {}</p>", file.name, missing)
    tones = {Checkpoint.SAME: "good", Checkpoint.OTHER: "danger"}
    tone = tones.get(Checkpoint(file.metrics_checkpoint), "muted")
    return format_html(
        "<details><summary>{}: {} of {}</summary><p>SHA-256 <code>{}</code></p>{}</details>",
        file.name,
        file.metrics_path,
        badge(file.get_metrics_checkpoint_display(), tone),
        file.metrics_sha256,
        metrics_table(file.metrics),
    )


def _listing(specs: list[dict[str, Any]]) -> SafeString:
    lines = [
        (
            spec.get("title", ""),
            "; ".join(
                f"{key.replace('_', ' ')} {', '.join(value) if isinstance(value, list) else value}"
                for key, value in spec.items()
                if key != "title" and value not in (None, [], "")
            ),
        )
        for spec in specs
    ]
    return format_html_join(mark_safe("<br>"), "<strong>{}</strong> — {}", lines)
