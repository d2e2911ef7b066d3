"""Errors that cross the door of ``ml``.

Each carries a stable ``code`` (for programs), a ``user_message`` (for people, free of patient
data and of paths) and ``permanent``: trying the same request again cannot help.
"""

from __future__ import annotations


class MlError(Exception):
    """Base of everything ``ml`` raises on purpose."""

    code = "ml_error"
    permanent = True

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message

    def __reduce__(self) -> tuple[type[MlError], tuple[str]]:
        return type(self), (self.user_message,)


class InputRefused(MlError):
    """The input does not fit the pipeline's contract."""

    code = "input_refused"


class InputUnusual(InputRefused):
    """The image is of another kind than the models were made for; a reason may override it."""

    code = "input_unusual"


class InputUnreadable(InputRefused):
    """The input cannot be read as an image at all."""

    code = "input_unreadable"


class DifferentPatient(InputRefused):
    """Two inputs that must be of one person are not."""

    code = "different_patient"


class DifferentBodyPart(InputRefused):
    """Two inputs that must show the same part of the body do not."""

    code = "different_body_part"


class ReversedOrder(InputRefused):
    """The later of two inputs was taken before the earlier."""

    code = "reversed_order"


class SyntheticInput(InputRefused):
    """A model made the image, where one that was acquired (or simulated) is needed."""

    code = "synthetic_input"


class ModalityMismatch(InputRefused):
    """Two inputs that must be of one modality are not."""

    code = "modality_mismatch"


class ParametersRefused(MlError):
    """A parameter is unknown or outside its JSON schema."""

    code = "parameters_refused"


class UnknownPipeline(MlError):
    """No pipeline of that name is on offer."""

    code = "unknown_pipeline"


class DigestMismatch(MlError):
    """A weights file is not the one its manifest names."""

    code = "weights_digest_mismatch"


class WeightsMissing(MlError):
    """A weights file that the pipeline needs is not installed."""

    code = "weights_missing"


class Cancelled(MlError):
    """The run was stopped on request; what was produced before is kept."""

    code = "cancelled"


class TimeLimit(MlError):
    """The run took longer than it may."""

    code = "time_limit"


class OutOfMemory(MlError):
    """The run needs more memory than there is, also on the smallest batch."""

    code = "out_of_memory"


class PipelineFailed(MlError):
    """The pipeline broke in a way nobody foresaw: a defect, not the user's doing."""

    code = "pipeline_failed"


class EngineDied(MlError):
    """The engine process ended while it served this run."""

    code = "engine_died"
    permanent = False
