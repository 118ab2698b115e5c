"""A fal look-alike on loopback: for rehearsing a film and for tests, without a key and without money.

It speaks fal's queue, storage and platform APIs as recorded between 2026-04 and 2026-10, with all hosts on
one base URL. It draws its clips from the stills that were uploaded, and counts what the real thing would have
charged.
"""
