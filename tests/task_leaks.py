"""Find tasks that a test leaves running."""

import asyncio

GRACE_S = 0.2
"""How long a task may take to end by itself, as one that was cancelled just before."""


async def left_tasks() -> list[str]:
    """Name the tasks of this loop that still run beside the caller; end them."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    if not tasks:
        return []
    _, running = await asyncio.wait(tasks, timeout=GRACE_S)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return sorted(f"{task.get_name()} ({task.get_coro()!r})" for task in running)
