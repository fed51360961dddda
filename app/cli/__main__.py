"""`python -m app.cli`."""

import sys

from app.cli.command_line import main

sys.exit(main())
