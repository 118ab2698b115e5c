"""`python -m storyboard`, the same as the `storyboard` command."""

from storyboard.cli.app import main

main()
