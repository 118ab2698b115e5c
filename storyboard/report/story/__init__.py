"""How a story differs, in every form: as an outline of lines, then text, Markdown, a page, and a document."""
