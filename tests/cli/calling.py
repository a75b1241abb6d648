"""How tests call the command line."""

import asyncio
from collections.abc import Callable
from functools import partial

from typer.testing import Result

HelmJd = Callable[..., Result]
"""Arguments in order, `typed` for standard input, variables of the environment by name."""


async def called(helm_jd: HelmJd, *arguments: str) -> Result:
    """Call a command beside what else runs."""
    return await asyncio.to_thread(partial(helm_jd, *arguments))
