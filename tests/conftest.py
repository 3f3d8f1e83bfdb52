"""What tests start is not counted by line: that takes twice as long, and adds next to nothing."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # which was started so, and has to be counted itself
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
