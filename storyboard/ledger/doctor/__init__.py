"""Whether what is kept is whole, what this machine does to it, and what can be mended without asking anybody."""
