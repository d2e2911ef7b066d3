"""DICOM and NIfTI in, DICOM out."""

import logging

import pydicom.config

# A warning about an invalid value quotes it, and it may be the name of a patient.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
# highdicom tells the UID of every object it copies from.
logging.getLogger("highdicom").setLevel(logging.WARNING)
