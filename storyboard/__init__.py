"""Shooting films from text: a compiler from YAML storyboards to Kling v3 requests on fal.ai."""

__version__ = "0.1.0"
