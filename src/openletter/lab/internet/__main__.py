import sys

from openletter.lab.internet.command import main

sys.exit(main())
