"""Storyboard and catalog to the shot list and the requests. Pure."""
