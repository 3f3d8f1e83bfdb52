"""The process of one side: a job for each line that comes in, a line of figures for each job.

`python -m benchmarks._lib.worker MODULE`; its first line says that all is imported.
"""

import asyncio
import importlib
import json
import sys

from benchmarks._lib.box import Box
from benchmarks._lib.loops import new_loop


def main():
    side = importlib.import_module(sys.argv[1])
    print(json.dumps({"ready": sys.argv[1]}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        box = Box(**job["box"])
        with asyncio.Runner(loop_factory=new_loop(job["loop"])) as runner:
            runner.run(side.run(box, **job["options"]))
        print(json.dumps(box.measured), flush=True)


if __name__ == "__main__":
    main()
