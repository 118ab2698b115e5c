"""One report in every form that people read: its tables and remarks as values, then text, Markdown, CSV and a page."""
