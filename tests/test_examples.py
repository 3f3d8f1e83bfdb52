"""Every example runs, against the simulator, as its first lines say."""

import csv
import shutil
import socket

import httpx
import pytest
from example_programs import EXAMPLES, run, serving, started

from ants_async.simulator import SimulatorConfig, running

TESTED = {
    "campaign.py",
    "clean_csv.py",  # test_examples_lists.py
    "delivery_reports.py",
    "from_sql.py",  # test_examples_lists.py
    "notebook.py",  # test_examples_notebook.py
    "otp/login.py",  # test_examples_otp.py
    "scaleout/local_postgres.py",  # postgres_server.py: the tests' own PostgreSQL
    "scaleout/service.py",
    "scaleout/start.py",
    "web.py",
}


def test_no_example_is_without_a_test():
    programs = {file.relative_to(EXAMPLES).as_posix() for file in EXAMPLES.rglob("*.py")}
    parts_of_otp = {f"otp/{name}.py" for name in ("pins", "safety", "sessions", "words")}
    assert programs - parts_of_otp == TESTED


def recipients():
    with (EXAMPLES / "recipients.csv").open(encoding="utf-8", newline="") as file:
        return {row["to"] for row in csv.DictReader(file)}


def test_campaign(tmp_path):
    (tmp_path / "examples").mkdir()
    shutil.copy(EXAMPLES / "recipients.csv", tmp_path / "examples")
    with started("ants_async", "simulate", "--port", "0", "--delivery-time", "1ms",
                 says="listening", cwd=tmp_path) as api:  # fmt: skip
        account = {"ANTS_BASE_URL": api, "ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}
        told = run("campaign.py", cwd=tmp_path, **account).splitlines()
        assert {line.split()[0] for line in told[:-1]} == recipients()
        assert run("campaign.py", cwd=tmp_path, **account).splitlines() == told[-1:], "all are final already"
        stats = httpx.get(f"{api}/_simulator/stats").json()
    assert stats["accepted"] == stats["accepted_recipients"], "nobody is texted twice"


def test_delivery_reports(tmp_path):
    told = run("delivery_reports.py", cwd=tmp_path)
    assert told.startswith("Counter({'")
    assert "'final': " in told


async def test_web(monkeypatch):
    pytest.importorskip("fastapi")
    monkeypatch.syspath_prepend(EXAMPLES)
    from web import app

    async with running(SimulatorConfig()) as api:
        for name, value in {"BASE_URL": api, "USERNAME": "demo", "PASSWORD": "demo"}.items():
            monkeypatch.setenv(f"ANTS_{name}", value)
        async with serving(app) as url, httpx.AsyncClient(base_url=url) as http:
            sent = await http.post("/texts", params={"to": "66812345678", "text": "สวัสดี"})
            refused = await http.post("/texts", params={"to": "12", "text": "สวัสดี"})
    assert sent.status_code == 200
    assert sent.json()["status"].startswith("PENDING")
    assert refused.status_code == 502
    assert "international number" in refused.json()["detail"]


def test_scaleout_with_its_workers_and_its_service(tmp_path):
    pytest.importorskip("fastapi")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    told = run("scaleout/start.py", "--workers", "1", "--port", port, "--demo", "300", cwd=tmp_path)
    assert told.splitlines()[-1].startswith("finished: 0 unsent, 0 on their way, ")
