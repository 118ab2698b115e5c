"""Screenplays, shot lists and raw requests as storyboards. Computes on texts; touches no file."""
