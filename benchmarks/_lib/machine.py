"""Facts without which a figure says nothing."""

import os
import platform
import sqlite3
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "ants-async",
    "httpx",
    "aiohttp",
    "infobip-api-python-client",
    "orjson",
    "cattrs",
    "attrs",
    "anyio",
    "httptools",
    "uvloop",
    "pydantic",
    "fastapi",
    "uvicorn",
)


def facts():
    """Processor, cores, versions, and how busy the machine was before."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def _cpu_model():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
