"""`python -m descartes_tui` is the command `descartes-tui`."""

import sys

from descartes_tui.cli import main

sys.exit(main())
