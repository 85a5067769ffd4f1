"""What ``import opsbook`` costs, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator

from bench.work import Result, Work

__all__ = ["WORKS"]

_ALLOWED = 0.020
_CODE = "import time; start = time.perf_counter(); import opsbook; print(time.perf_counter() - start)"


def _import() -> Iterator[Result]:
    taken = [
        float(subprocess.run([sys.executable, "-c", _CODE], capture_output=True, check=True, text=True).stdout)
        for _ in range(10)
    ]
    yield Result("import opsbook", min(taken), "", _ALLOWED, 1, "at most 20 ms")


WORKS = (Work("import", _import),)
