"""``python -m sigv4`` is the command ``sigv4``."""

import sys

from sigv4.cli import main

sys.exit(main())
