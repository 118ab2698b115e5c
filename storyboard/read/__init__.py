"""Text to nodes with places, through inheritance and Jinja, to the authored model. Pure: files arrive as values."""
