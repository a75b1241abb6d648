"""What an app may call: so much a day, so much a second, by the clock of its sandbox."""

import json
from collections import Counter
from typing import Any

import aiohttp

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import signed

SEARCH = "jingdong.sku.read.searchSkuList"
LIMITED = "2"
EIGHT_IN_BEIJING = 1_795_392_000


async def codes(
    session: aiohttp.ClientSession, sandbox: SandboxHandle, count: int, **changes: str
) -> list[str]:
    """Call one after the other over HTTP: JD's code of each answer."""
    told = []
    for _ in range(count):
        data = signed(sandbox, SEARCH, "{}", **changes)
        async with session.post(f"{sandbox.endpoint}/routerjson", data=data) as response:
            assert response.status == 200
            answer: dict[str, Any] = json.loads(await response.read())
        (content,) = answer.values()
        told.append(content["code"])
    return told


async def test_a_test_app_spends_its_day_and_has_another_one(simulator: SimulatorHandle) -> None:
    """500 calls are answered, the next is 2, until midnight in Beijing; then 500 more are there."""
    sandbox = simulator.create_sandbox(sku_count=1, app_state="test")
    sandbox.clock.freeze()
    sandbox.clock.set(EIGHT_IN_BEIJING)
    async with aiohttp.ClientSession() as session:
        first = await codes(session, sandbox, 499)
        # A wrong signature costs nothing: nobody can spend another's quota.
        refused = await codes(session, sandbox, 3, sign="0" * 32)
        last = await codes(session, sandbox, 1)
        beyond = await codes(session, sandbox, 3)
        spent = sandbox.invariants()["quota"]
        sandbox.clock.advance(16 * 3600 - 1)
        late = await codes(session, sandbox, 1)
        sandbox.clock.advance(1)
        tomorrow = await codes(session, sandbox, 501)
    left = sandbox.invariants()["quota"]

    assert (Counter(first), refused, last) == ({"0": 499}, ["12"] * 3, ["0"])
    assert beyond == [LIMITED] * 3
    assert spent == {"used": 500, "limit": 500}
    assert late == [LIMITED]
    assert Counter(tomorrow) == {"0": 500, LIMITED: 1}
    assert tomorrow[-1] == LIMITED
    assert left == {"used": 500, "limit": 500}
    assert sandbox.invariants()["refused_by_code"] == {"12": 3, LIMITED: 5}


async def test_a_second_has_room_for_so_many_calls(simulator: SimulatorHandle) -> None:
    """The eleventh call of a second is 2 and counts for nothing; the next second has room again."""
    sandbox = simulator.create_sandbox(sku_count=1, calls_per_second=10, daily_quota=25)
    sandbox.clock.freeze()
    async with aiohttp.ClientSession() as session:
        told = []
        for _ in range(3):
            told.append(await codes(session, sandbox, 12))
            sandbox.clock.advance(1)

    full = ["0"] * 10 + [LIMITED] * 2
    assert told == [full, full, ["0"] * 5 + [LIMITED] * 7]
    assert sandbox.invariants()["quota"]["used"] == 25


async def test_the_quota_of_one_app_is_not_anothers(simulator: SimulatorHandle) -> None:
    """A sandbox beside it still calls."""
    one = simulator.create_sandbox(sku_count=1, daily_quota=1)
    other = simulator.create_sandbox(sku_count=1, daily_quota=1)
    async with aiohttp.ClientSession() as session:
        told = [await codes(session, sandbox, 2) for sandbox in (one, other)]

    assert told == [["0", LIMITED]] * 2
