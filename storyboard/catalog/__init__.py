"""Endpoints and price books: facts of the outside world as data, each with its source and date."""
