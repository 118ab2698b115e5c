"""Carries out a plan: uploads, one POST a take, waiting, download, verification. It does no more than the
plan says."""
