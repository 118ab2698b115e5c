"""The report's page, served on loopback while its storyboard is written. It alone is told what to render."""
