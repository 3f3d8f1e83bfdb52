import gc
import logging
import sys

import pytest


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """What the engine warns of is meant to happen here; and of processes that died nothing is ever closed."""
    logging.disable(logging.CRITICAL)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    yield
    gc.collect()
    logging.disable(logging.NOTSET)
