"""`python -m analysis` with the root of the sources on the path: the same program as syncbench-analyze."""

import sys

from analysis.cli import main

sys.exit(main())
