"""Run every benchmark, print one table, and keep it in ``bench/results.md``."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from bench import generating, importing, measures, simulation, staffing
from bench.timing import in_words
from bench.work import Result

_PEERS = ("pyworkforce", "ciw", "simpy", "numba", "numpy", "scipy", "pandas", "polars", "duckdb", "narwhals")
_HEAD = ("work", "opsbook", "peer", "its time", "ratio", "goal", "met", "notes")


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 100 else f"{ratio:.3g}×"  # noqa: PLR2004 - three digits, however large


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.work,
        in_words(result.ours),
        result.peer or "–",
        in_words(result.theirs) if result.peer else f"{in_words(result.theirs)} allowed",
        _times(result.ratio),
        f"≥ {_times(result.goal)}",
        "yes" if result.met else "no",
        result.note,
    )


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in [_HEAD, *rows]) for column in range(len(_HEAD))]

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([line(_HEAD), line(tuple("-" * width for width in widths)), *map(line, rows)])


def main() -> int:
    """Run the benchmarks; return 0 whatever they measure, since a speed is no fault."""
    works = [work for module in (importing, generating, staffing, simulation, measures) for work in module.WORKS]
    rows = []
    for number, work in enumerate(works, start=1):
        print(f"[{number}/{len(works)}] {work.name} ...", file=sys.stderr, flush=True)
        for result in work.run():
            print(f"        {result.work}: {_times(result.ratio)} {result.peer}".rstrip(), file=sys.stderr, flush=True)
            rows.append(_row(result))
    table = _table(rows)
    versions = ", ".join(f"{name} {version(name)}" for name in _PEERS)
    text = (
        "# Speed\n\nWritten by `make bench`: the same work by opsbook and by a peer in one run, the best of several "
        "runs each. A ratio above 1\nsays how many times faster opsbook was; simulation times are per customer. "
        f"Figures depend on the machine; ratios less so.\n\n{table}\n\n"
        f"Python {platform.python_version()} on {platform.machine()} with {os.cpu_count()} cores; {versions}.\n"
    )
    Path(__file__).with_name("results.md").write_text(text, encoding="utf-8")
    print(f"\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
