"""``python -m openletter``."""

from openletter.cli.main import main

main()
