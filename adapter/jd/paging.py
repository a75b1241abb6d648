"""Reading all pages of a search whose result lives while it is read."""

from collections.abc import AsyncIterator, Awaitable, Callable

from adapter.wire.jd import JdSkuPage


async def sku_pages(
    fetch: Callable[[int], Awaitable[JdSkuPage]], *, page_size: int
) -> AsyncIterator[JdSkuPage]:
    """Read all pages, the last one first: a row that moves forward is yet to be read.

    Args:
        fetch: Fetches a page by its number, from 1.
        page_size: SKUs a page.
    """
    first = await fetch(1)
    last = -(-(first.total or 0) // page_size)
    for number in range(last, 1, -1):
        yield await fetch(number)
    yield first if last <= 1 else await fetch(1)
