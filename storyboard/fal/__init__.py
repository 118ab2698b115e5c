"""The wire: the one package that knows how fal.ai speaks. Everything it says of fal is as of 2026-11."""
