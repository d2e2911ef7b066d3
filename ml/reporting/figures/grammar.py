"""Another way of writing reports than the pipeline's, to measure the checks on.

The checks were written from neither set. ``HELD_OUT`` wordings were not looked at when a check was
corrected; ``SEEN`` ones may have been.
"""

from __future__ import annotations

# ``{side}`` the side, ``{v}`` the value with its unit, ``{s}`` the structure.
SEEN: dict[str, tuple[str, ...]] = {
    "hippocampus.low": (
        "{Side} hippocampal volume loss, {v}.",
        "There is atrophy of the {side} hippocampus, which measures {v}.",
    ),
    "hippocampus.normal": (
        "{Side} hippocampus of normal size ({v}).",
        "The {side} hippocampus is unremarkable at {v}.",
    ),
    "third.high": (
        "Dilated third ventricle, {v} across.",
        "Widening of the third ventricle to {v}; it is enlarged.",
    ),
    "third.normal": (
        "Third ventricle not dilated, {v}.",
        "No widening of the third ventricle, which is normal ({v}).",
    ),
    "evans.high": (
        "Evans index {v}, elevated.",
        "The frontal horns are enlarged: Evans ratio {v}.",
    ),
    "evans.normal": ("Evans index {v}, normal.", "Frontal horns within normal limits ({v})."),
    "prior": ("Since {date} the {side} hippocampus decreased from {old} to {v}.",),
}
HELD_OUT: dict[str, tuple[str, ...]] = {
    "hippocampus.low": (
        "The hippocampus on the {side} is atrophic, with a volume of {v}.",
        "Shrunken {side} hippocampus; volumetry gives {v}.",
        "Volume loss is seen in the {side} hippocampus, at {v}.",
    ),
    "hippocampus.normal": (
        "No {side} hippocampal atrophy: {v}.",
        "Size of the {side} hippocampus is preserved, {v}.",
        "I see no evidence of volume loss in the {side} hippocampus ({v}).",
    ),
    "third.high": (
        "The third ventricle is prominent and measures {v} in its transverse diameter.",
        "Ectasia of the third ventricle of {v}.",
    ),
    "third.normal": (
        "The third ventricle is slender, only {v}.",
        "Calibre of the third ventricle is normal, being {v}.",
    ),
    "evans.high": ("With an Evans index of {v} the frontal horns are prominent.",),
    "evans.normal": ("An Evans index of {v} argues against dilatation of the frontal horns.",),
    "prior": ("Compared with the study of {date} the {side} hippocampus has lost {delta}.",),
}
CLEAN = (
    "The cerebellum and brain stem are included in full.",
    "Image quality is adequate, with slight motion.",
    "Clinical correlation is recommended.",
    "T1-weighted images were read.",
)
INVENTED = (
    ("There is a subdural haematoma on the {side}.", "A {side} frontal meningioma is present."),
    ("Old lacunar infarct in the {side} thalamus.", "Cavernoma in the {side} temporal lobe."),
)
INVENTED_PRIOR = (
    ("Unchanged from the previous examination.", "Progression since {date} is evident."),
    ("As on the study of {date}, appearances are the same.", "Stable since the last visit."),
)
NOT_ACQUIRED = (
    ("No restricted diffusion.", "FLAIR shows no signal change."),
    (
        "After gadolinium nothing takes up contrast.",
        "On the susceptibility images nothing is seen.",
    ),
)
