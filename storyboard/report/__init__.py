"""The same facts in every form: text, JSON, GitHub annotations, SARIF. Nothing here prints."""
