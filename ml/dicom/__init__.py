"""DICOM and NIfTI in, DICOM out."""
