"""Runs benchmarks one after the other: all of them (`make bench`), or those that are named."""

import argparse
from importlib import import_module

BENCHMARKS = (
    "simulator_start",
    "simulator_requests",
    "simulator_memory",
    "stock_intake",
    "stock_burst",
    "stock_latency",
    "stock_restart",
    "stock_growth",
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for name in names:
        import_module(f"benchmarks.{name}").main()
