"""What an editor asks for. Computes on texts; the command line and the language server carry it out."""
