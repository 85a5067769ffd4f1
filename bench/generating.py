"""What ten million synthetic contacts cost, in a process of its own, so that its memory can be told."""

import json
import subprocess
import sys
from collections.abc import Iterator

from bench.work import Result, Work

__all__ = ["WORKS"]

_ALLOWED = 30
_SCALE = 415
_CODE = f"""
import json, resource, time
from opsbook import datasets
start = time.perf_counter()
rows = len(datasets.contact_log(scale={_SCALE}))
taken = time.perf_counter() - start
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([rows, taken, time.process_time(), kilobytes]))
"""


def _contacts() -> Iterator[Result]:
    ran = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, check=True, text=True)
    rows, taken, processor, kilobytes = json.loads(ran.stdout)
    note = f"one run of {rows:,} rows; {processor:.1f} s of one processor; at most {kilobytes / 1e6:.1f} GB of memory"
    yield Result("synthetic contact log, 10 million rows", taken, "", _ALLOWED, 1, note)


WORKS = (Work("synthetic contact log", _contacts),)
