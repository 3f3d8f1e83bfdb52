import gc
import logging
import sys

import pytest


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """What the engine warns of is meant to happen here; and of processes that died nothing is ever closed."""
    logging.disable(logging.CRITICAL)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    gc.collect()
    gc.freeze()  # each death is followed by a collection, which need not look at what other tests have left
    yield
    gc.unfreeze()
    gc.collect()
    logging.disable(logging.NOTSET)
