"""The command line: one file a command, and the only place that prints.

A command module imports the light things at its top and the heavy ones (httpx, av, moviepy, sqlalchemy, a web server)
inside its function, so that `check` starts fast.
"""
