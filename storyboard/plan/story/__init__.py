"""How the story of a film differs from what it was at an earlier revision."""
