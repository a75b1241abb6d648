"""Runs every benchmark, one after the other: `make bench`."""

from benchmarks import simulator_memory, simulator_requests, simulator_start

if __name__ == "__main__":
    simulator_start.main()
    simulator_requests.main()
    simulator_memory.main()
