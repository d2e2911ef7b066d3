"""Whole-head segmentation of an MR scan."""
