"""What apps above this one have measured of a pipeline and want in its card: evaluations.

They add themselves when Django starts (``AppConfig.ready``); this app does not know who they are.
"""

from __future__ import annotations

from collections.abc import Callable

from apps.registry.models import PipelineVersion
from ml.contracts.card import Figure

Figures = Callable[[PipelineVersion], list[Figure]]

_sources: dict[str, Figures] = {}


def figures_add(name: str, source: Figures) -> None:
    _sources[name] = source


def figures(pipeline: PipelineVersion) -> list[Figure]:
    return [figure for source in _sources.values() for figure in source(pipeline)]
