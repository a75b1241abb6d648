import pytest

from adapter.jd.paging import sku_pages
from adapter.wire.jd import JdSkuPage


@pytest.mark.parametrize(
    ("total", "wanted"), [(0, [1]), (50, [1]), (51, [1, 2, 1]), (120, [1, 3, 2, 1])]
)
async def test_pages_are_read_from_the_last_to_the_first(total: int, wanted: list[int]) -> None:
    """The first one tells how many there are, and is read again at the end."""
    asked = []

    async def fetch(number: int) -> JdSkuPage:
        asked.append(number)
        return JdSkuPage(total=total)

    assert len([page async for page in sku_pages(fetch, page_size=50)]) == max(len(wanted) - 1, 1)
    assert asked == wanted
