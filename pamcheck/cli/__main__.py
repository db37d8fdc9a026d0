"""Running the command line as `python -m pamcheck.cli`."""

from pamcheck.cli import main

main()
