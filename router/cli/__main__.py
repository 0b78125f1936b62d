"""`python -m router.cli` is `samsvar`."""

from router.cli import main

main(prog_name="samsvar")
