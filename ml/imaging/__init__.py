"""Volumes in space: resampling, intensity scaling. No file I/O."""
