"""Clips to one film: the edit, the segments it is made of, packets copied and the result proved."""
