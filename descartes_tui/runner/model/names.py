"""What agents and sessions may be called. Light to import: every command line pays for it."""

import re
from typing import Final

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
