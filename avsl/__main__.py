"""``python -m avsl``."""

import sys

from avsl.cli import main

sys.exit(main())
