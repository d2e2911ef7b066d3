"""DICOM and NIfTI in, DICOM out."""

import logging
import warnings

import pydicom.config

# Warnings about invalid values quote them, and they may be the name of a patient.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", message="The string ", module="highdicom")
# highdicom tells the UID of every object it copies from, and names that look odd to it.
logging.getLogger("highdicom").setLevel(logging.ERROR)
