"""storyboard.lock: what a project bought on fal, as a file that is committed and that git merges."""
