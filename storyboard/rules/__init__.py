"""The rules: on what is authored and on what is compiled. Each is an entry in the book with code, text and source."""
