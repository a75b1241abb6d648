"""A JD shop for tests: every answer it gives is held to the contract of its method.

Fixture-less, so that any test file can build its own; `tests/conftest.py` may wrap it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp
from jsonschema_rs import Draft202012Validator

import contracts
from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle, SimulatorHandle, serve
from jd_simulator.wire import JSON_NAME, signature

Json = Any  # an answer's shape is what its contract says

_ANY_METHOD = "pop.order.get"
"""Its schema knows the platform's errors, which is all that an unknown method is answered."""


@cache
def answer_validators() -> dict[str, Draft202012Validator]:
    """Compile the validators of every method's answers, by the method's full name."""
    methods = [contracts.jd_method(name) for name in contracts.jd_methods()]
    return {method.full_name: Draft202012Validator(method.response_schema) for method in methods}


class AnswerReferee:
    """Holds answers to the contract and remembers those that break it."""

    def __init__(self, *, every: int = 1) -> None:
        """Look at one answer in `every`."""
        self._every = every
        self.seen = 0
        self.violations: list[str] = []

    def __call__(self, method: str, text: str) -> None:
        """Look at an answer; the signature of `SimulatorHandle.on_answer`."""
        self.seen += 1
        if self.seen % self._every:
            return
        validators = answer_validators()
        any_method = f"jingdong.{_ANY_METHOD}"
        validator = validators.get(method, validators[any_method])
        if not validator.is_valid(json.loads(text)):
            self.violations.append(f"{method}: {text[:2000]}")

    def verify(self) -> None:
        """Fail if an answer broke its contract."""
        assert not self.violations, self.violations


@asynccontextmanager
async def jd_shop(*, seed: int = 1, every: int = 1) -> AsyncIterator[SimulatorHandle]:
    """Run a simulator whose answers are checked; one that broke its contract fails the test."""
    referee = AnswerReferee(every=every)
    async with serve(seed=seed) as simulator:
        simulator.on_answer = referee
        yield simulator
    referee.verify()


def signed(
    sandbox: SandboxHandle, method: str, text: str, /, **changes: str | None
) -> dict[str, str]:
    """Build the signed parameters of a call.

    Args:
        sandbox: Whose credentials and clock to use.
        method: The method's full name.
        text: The business JSON as it is to be sent.
        **changes: System parameters to set otherwise before signing; None leaves one out.
            `sign` is set as it is given.
    """
    given: dict[str, str | None] = {
        "method": method,
        "app_key": sandbox.app_key,
        "access_token": sandbox.access_token,
        "timestamp": beijing_text(int(sandbox.clock.now())),
        "v": "2.0",
        JSON_NAME: text,
    }
    given |= changes
    parameters = {name: value for name, value in given.items() if value is not None}
    if "sign" not in changes:
        parameters["sign"] = signature(sandbox.app_secret, parameters)
    return parameters


async def call(
    sandbox: SandboxHandle,
    method: str,
    arguments: Mapping[str, object],
    /,
    **changes: str | None,
) -> Json:
    """Call a method as an ordinary client does, and take its answer's JSON."""
    parameters = signed(sandbox, method, json.dumps(arguments, ensure_ascii=False), **changes)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.endpoint}/routerjson", data=parameters) as response,
    ):
        assert response.status == 200
        return json.loads(await response.read())


async def until(claim: Callable[[], bool]) -> None:
    """Wait for something that others bring about."""
    while not claim():  # noqa: ASYNC110 - what is waited for is a plain value
        await asyncio.sleep(0.005)


async def result(sandbox: SandboxHandle, method: str, arguments: Mapping[str, object]) -> Json:
    """Call a method and take what is inside the answer's envelope."""
    answer = await call(sandbox, method, arguments)
    (content,) = answer.values()
    return content
