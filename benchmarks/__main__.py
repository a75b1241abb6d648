"""Runs every benchmark, one after the other: `make bench`."""

from benchmarks import simulator_requests

if __name__ == "__main__":
    simulator_requests.main()
