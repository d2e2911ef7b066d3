"""Photon plan on a CT, real or synthetic, with its acceptance checks."""
