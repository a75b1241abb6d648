"""How soon one change of an idle shop is accepted by JD.

From the moment Helm hands the change to its Kafka client until JD, a process of its own, answers
the call that sets the number. The peer does the least that can be done: a bare consumer gets the
record from the same Kafka, and one signed HTTP request that was made before goes to the same JD.
"""

import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks.measured import RUNS, Figures, scaled
from benchmarks.place import PARTITIONS, WRITES, Place, Seller, level_row, seller_of
from devstack.kafka import running_kafka
from jd_simulator.clock import beijing_text
from jd_simulator.testing import serve
from jd_simulator.wire import JSON_NAME, signature

CHANGES = scaled(100)
"""Changes in a run."""
JD_MS = (0, 20)
"""How much JD takes for a call, beside what the simulator costs itself."""
PAUSE_S = 0.1
"""Between two changes; what the one before led to is over by then."""
PATIENCE_S = 30.0
GOAL = 3

_SPAWN = multiprocessing.get_context("spawn")


async def _simulate(pipe: Connection, jd_ms: int) -> None:
    """Run JD: tell the shop, then the instant of each stock call that is answered."""
    async with serve() as simulator:
        sandbox = simulator.create_sandbox(sku_count=20, initial_stock=1)
        if jd_ms:
            fault = {"kind": "latency", "ms": jd_ms}
            sandbox.set_faults([{"fault": fault, "match": {"method": WRITES}}])
        pipe.send((seller_of(sandbox), [(s.outer_id, s.sku_id) for s in sandbox.skus()]))

        def answered(method: str, _: str) -> None:
            if method == WRITES:
                pipe.send(time.monotonic())

        simulator.on_answer = answered
        await asyncio.to_thread(pipe.recv)


def _run_simulator(pipe: Connection, jd_ms: int) -> None:
    asyncio.run(_simulate(pipe, jd_ms))


def _signed(seller: Seller, sku_id: int, number: int) -> dict[str, str]:
    """Make the form of a call that sets the stock of one SKU."""
    stock = {"skuId": sku_id, "stockNum": number}
    request = {"updateModel": "fullStockIn", "stockRfId": f"bare-{number}", "skuStocks": [stock]}
    form = {
        "method": WRITES,
        "app_key": seller.app_key,
        "access_token": seller.access_token,
        "timestamp": beijing_text(int(time.time())),
        "v": "2.0",
        JSON_NAME: json.dumps({"req": request}),
    }
    return form | {"sign": signature(seller.app_secret, form)}


class Latency:
    """Measures changes one by one."""

    def __init__(self, place: Place, pipe: Connection, topic: str) -> None:
        self._place = place
        self._pipe = pipe
        self._topic = topic
        self._version = 0

    async def ms(
        self, producer: AIOKafkaProducer, code: str, act: Callable[[], Awaitable[None]]
    ) -> float:
        """Send one change and let happen what follows; milliseconds until JD answered."""
        await asyncio.sleep(PAUSE_S)
        self._version += 1
        partition, key, value = level_row(code, self._version + 1, self._version)
        began = time.monotonic()
        sent = await producer.send(self._topic, value, key=key, partition=partition)
        await act()
        answered: float = await asyncio.to_thread(self._answered)
        await sent
        return (answered - began) * 1000

    def _answered(self) -> float:
        if not self._pipe.poll(PATIENCE_S):
            raise TimeoutError
        return float(self._pipe.recv())


async def _nothing() -> None:
    """Leave it to the adapter."""


async def _measure(place: Place, pipe: Connection) -> tuple[list[list[float]], list[list[float]]]:
    seller, skus = pipe.recv()
    await place.create_topics()
    await place.put_channel("shop", seller, calls_per_second=1000.0)
    code, sku_id = skus[0]
    # A topic that the adapter does not read, made like any of Helm's.
    bare_topic = place.names.order_receipts
    ours, theirs = [], []
    servers = place.settings.kafka_bootstrap_servers
    with place.adapter():
        async with (
            AIOKafkaProducer(bootstrap_servers=servers) as producer,
            AIOKafkaConsumer(bootstrap_servers=servers) as consumer,
            aiohttp.ClientSession() as http,
        ):
            consumer.assign([TopicPartition(bare_topic, p) for p in range(PARTITIONS)])
            form: dict[str, str] = {}

            async def hop_and_call() -> None:
                while not await consumer.getmany(timeout_ms=1000):
                    pass
                async with http.post(f"{seller.endpoint}/routerjson", data=form) as answer:
                    await answer.read()

            adapter = Latency(place, pipe, place.names.stock_changes)
            bare = Latency(place, pipe, bare_topic)
            await adapter.ms(producer, code, _nothing)  # waits for the adapter's start
            for run in range(RUNS):
                ours.append([await adapter.ms(producer, code, _nothing) for _ in range(CHANGES)])
                measured = []
                for number in range(CHANGES):
                    form = _signed(seller, sku_id, run * CHANGES + number)
                    measured.append(await bare.ms(producer, code, hop_and_call))
                theirs.append(measured)
    return ours, theirs


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _run(bootstrap_servers: str, folder: Path, jd_ms: int) -> None:
    pipe, theirs_pipe = _SPAWN.Pipe()
    simulator = _SPAWN.Process(target=_run_simulator, args=(theirs_pipe, jd_ms), daemon=True)
    simulator.start()
    place = Place(
        bootstrap_servers=bootstrap_servers, prefix=f"idle{jd_ms}-", folder=folder / f"jd{jd_ms}"
    )
    ours, theirs = asyncio.run(_measure(place, pipe))
    pipe.send(None)
    simulator.join()
    figures = Figures(f"An idle change until JD accepts it, JD takes {jd_ms} ms more than it must")
    for percent in (50, 99):
        adapter = [_percentile(run, percent) for run in ours]
        bare = [_percentile(run, percent) for run in theirs]
        figures.row(f"p{percent} adapter", adapter, unit=" ms")
        figures.row(f"p{percent} bare hop + bare call", bare, unit=" ms")
        quotients = [one / other for one, other in zip(adapter, bare, strict=True)]
        figures.row(f"p{percent} ratio, run by run", quotients, unit=" x", goal=f"<= {GOAL} x")
    figures.print(f"{RUNS} runs of {CHANGES} changes each.")


def main() -> None:
    """Measure both in turns, with a JD that answers at once and one that takes its time."""
    with running_kafka() as kafka, tempfile.TemporaryDirectory() as folder:
        for jd_ms in JD_MS:
            _run(kafka.bootstrap_servers, Path(folder), jd_ms)


if __name__ == "__main__":
    main()
