"""`python -m socialshop` is the same program as the `socialshop` command."""

from socialshop.cli import main

main()
