"""The words of reports, as tables of patterns."""

from __future__ import annotations

import re

# Longer names first: what they cover is not read again.
STRUCTURES: tuple[tuple[str, str], ...] = (
    (r"(?:frontal horns?|evans(?:['’]?s?)? (?:index|ratio))", "frontal_horns"),
    (r"(?:third|3rd) ventric(?:le|ular)", "third_ventricle"),
    (r"(?:fourth|4th) ventric(?:le|ular)", "fourth_ventricle"),
    (r"lateral ventric(?:les?|ular)", "lateral_ventricle"),
    (r"(?:ventricular system|ventric(?:les?|ular))", "ventricles"),
    (r"hippocamp(?:us|i|al)", "hippocampus"),
    (r"amygdal(?:a|ae|ar)", "amygdala"),
    (r"thalam(?:us|i|ic)", "thalamus"),
    (r"(?:basal ganglia|deep grey nuclei)", "basal_ganglia"),
    (r"cerebell(?:um|ar)(?: hemispheres?)?", "cerebellum"),
    (r"(?:cerebral )?hemispheres?", "hemisphere"),
    (r"brain ?stem", "brain_stem"),
    (r"(?:midline(?: structures)?|septum pellucidum)", "midline"),
    (r"(?:brain|cerebrum)(?: parenchyma)?", "brain"),
    (r"(?:heart|cardiac silhouette|cardiac)", "heart"),
)
# What is said to be there or not.
ENTITIES: tuple[tuple[str, str], ...] = (
    (r"(?:ha?emorrhages?|ha?ematomas?|bleed(?:ing|s)?)", "haemorrhage"),
    (r"(?:infarct(?:s|ion|ions)?|isch(?:a?emia|a?emic))", "infarct"),
    (r"(?:mass(?:es)?|tumou?rs?|neoplasms?|metastas[ie]s|meningiomas?|gliomas?)", "mass"),
    (r"lesions?", "lesion"),
    (r"hydrocephalus", "hydrocephalus"),
    (r"fractures?", "fracture"),
    (r"aneurysms?", "aneurysm"),
    (r"abscess(?:es)?", "abscess"),
    (r"pneumothora(?:x|ces)", "pneumothorax"),
    (r"(?:pleural )?effusions?", "effusion"),
    (r"consolidations?", "consolidation"),
    (r"atelectas[ie]s", "atelectasis"),
    (r"cardiomegaly", "cardiomegaly"),
    (r"nodules?", "nodule"),
    (r"(?:o?edema)", "oedema"),
)
JUDGEMENTS: tuple[tuple[str, str], ...] = (
    ((r"(?:normal|unremarkable|symmetric(?:al)?|central|within (?:the |its |their )?"
     r"(?:normal |reference |expected )?(?:limits?|range)|undisplaced|preserved)"), "normal"),
    ((r"(?:reduced|volume loss|loss of volume|decreased|small(?:er)?|atroph(?:y|ic|ied)|shrunken|diminished|"  # noqa: E501
     r"below (?:the |its )?(?:reference|limit|normal))"), "low"),
    ((r"(?:increased|enlarge(?:d|ment)|widened|widening|dilat(?:ed|ation)|elevated|prominent|displaced|"
     r"shifted|displacement|asymmetric(?:al)?|asymmetry|"
     r"above (?:the |its )?(?:reference|limit|normal))"), "high"),
)  # fmt: skip
NEGATION = r"\b(?:no|not|without|nor|never|neither|absent|absence of|free of|rules? out)\b"
# A negation reaches to the end of its clause; these words end it.
CLAUSE = re.compile(
    r"[;:]|, (?=which\b)|,? \b(?:but|however|although|though|whereas|while|yet)\b|\. "
)
LEFT = r"(?:left(?:-sided)?|l(?=[ .)]|$)|lt\.?)"
RIGHT = r"(?:right(?:-sided)?|r(?=[ .)]|$)|rt\.?)"
BOTH = r"(?:both|bilateral(?:ly)?|on either side)"
SEQUENCES: tuple[tuple[str, str], ...] = (
    (r"flair", "FLAIR"),
    (r"t1(?:-?w(?:eighted)?)?", "T1"),
    (r"t2(?:-?w(?:eighted)?)?", "T2"),
    ((r"(?:dwi|adc|diffusion(?: (?:restriction|weighted))?|diffusion-weighted|"
     r"restricted diffusion)"), "DWI"),
    (r"(?:swi|susceptibility(?:-weighted)?|gradient echo)", "SWI"),
    (r"(?:perfusion|rcbv)", "perfusion"),
    (r"(?:mra|tof|angiograph(?:y|ic))", "MRA"),
    (r"spectroscopy", "MRS"),
)  # fmt: skip
VIEWS: tuple[tuple[str, str], ...] = (
    (r"lateral (?:view|film|radiograph|projection)", "LATERAL"),
    (r"(?:pa|posteroanterior) (?:view|film|radiograph|projection)", "PA"),
    (r"(?:ap|anteroposterior) (?:view|film|radiograph|projection)", "AP"),
)
ENHANCEMENT = (
    r"(?:enhanc(?:ement|ing|es?)|contrast-enhanced|post-?contrast|"
    r"(?:after|following) (?:contrast|gadolinium)|gadolinium|contrast (?:agent|medium))"
)
NOT_MADE = (
    r"(?:not (?:been )?(?:acquired|performed|given|obtained|available|administered)|"
    r"\b(?:no|without)(?: \w+){0,2} "
    r"(?:contrast|gadolinium)(?! enhanc)|\b(?:no|without) (?:flair|dwi|swi|t1|t2|lateral)\b)"
)
COMPARED = (
    r"(?:unchanged|stable|(?<!no )\bnew(?:ly)?|no new|interval|previous(?:ly)?|prior|"
    r"since|formerly|compared (?:with|to)|in comparison|progress(?:ed|ion|ive)|regress(?:ed|ion)|"
    r"grown|growth|worsen(?:ed|ing)|resolved|no longer)"
)
# Words that compare within one study.
WITHIN = (
    r"(?:compared (?:with|to)|in comparison (?:with|to)|than)(?: (?:that of )?the)? "
    r"(?:left|right|other|opposite|contralateral|reference|normal|limit|expected)"
)
ALL_NORMAL = (
    r"(?:(?:all|the) (?:measured|examined) (?:structures|regions|volumes) .*"
    r"(?:normal|unremarkable|within)|\bno abnormalit(?:y|ies)|\bnormal "
    r"(?:study|examination|head|brain|mri?|scan|chest))"
)
GROWS = r"(?:increased?|grown|growth|larger|enlarged|progress(?:ed|ion)|worsened|widened)"
SHRINKS = r"(?:decreased?|reduced|smaller|shrunk|regress(?:ed|ion)|loss)"
STABLE = r"(?:unchanged|stable|no (?:interval )?change|not changed)"
ASYMMETRY = r"(?:a?symmetr\w*|difference)"
