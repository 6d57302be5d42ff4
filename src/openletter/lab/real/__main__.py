"""`python -m openletter.lab.real [run|list|install]`."""

import sys

from openletter.lab.real.command import main

sys.exit(main())
