"""A real PostgreSQL for tests, started by them; each test has a database of its own.

The server is the one that the scale-out example starts, so that the example is tested by every test.
"""

import importlib.util
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import anyio
import psycopg
import pytest

from ants_async.scaleout import ScaleOut

_PATH = Path(__file__).parents[1] / "examples" / "scaleout" / "local_postgres.py"
_spec = importlib.util.spec_from_file_location("local_postgres", _PATH)
_module = sys.modules["local_postgres"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
local_postgres = _module.local_postgres
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres():
    """The server of this test run."""
    with local_postgres(durable=False) as server:
        yield server


@contextmanager
def _new_database(postgres, template="template1"):
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]
    yield name
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def database(postgres):
    """The address of an empty database."""
    with _new_database(postgres) as name:
        yield postgres.url(name)


@pytest.fixture(scope="session")
def _template(postgres):
    with _new_database(postgres) as name:
        anyio.run(ScaleOut(postgres.url(name)).migrate)
        yield name


@pytest.fixture
def migrated_database(postgres, _template):
    """The address of a database with all tables, and nothing in them."""
    with _new_database(postgres, _template) as name:
        yield postgres.url(name)
