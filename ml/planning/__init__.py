"""Radiotherapy planning: structures, photon dose (pyRadPlan), dose-volume figures, checks.

No torch. Arrays are indexed (z, y, x), coordinates are LPS in mm, dose is in Gy over all fractions,
HU in Hounsfield units.
"""
