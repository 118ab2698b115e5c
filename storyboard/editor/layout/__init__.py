"""A YAML text as its author laid it out, and laid out again: the same nodes, the same comments."""
