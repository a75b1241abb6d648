import pytest

from adapter.wire.jd import JdCarrier, JdSkuPage, JdStockReading
from contracts import jd_method

SKU_PAGES = {
    name: body["jingdong_sku_read_searchSkuList_responce"]["page"]
    for name, body in jd_method("sku.read.searchSkuList").response_examples.items()
    if "page" in body.get("jingdong_sku_read_searchSkuList_responce", {})
}


@pytest.mark.parametrize("name", sorted(SKU_PAGES))
def test_a_page_of_skus_of_the_contract_is_read(name: str) -> None:
    """Each row of an example is read, or set aside where it lacks its number."""
    page = JdSkuPage.model_validate(SKU_PAGES[name])
    rows = SKU_PAGES[name]["data"] or []

    assert len(page.skus) == sum("skuId" in row for row in rows)
    assert len(page.skus) + len(page.unreadable) == len(rows)


def test_a_readings_figures_add_up_over_stores() -> None:
    """Units booked for orders and units locked are both not for sale."""
    reading = JdStockReading.model_validate(
        {
            "skuId": 100,
            "skuStockInfos": [
                {"storeId": 0, "stockNum": "10", "orderBookingNum": 2, "appBookingNum": None},
                {"storeId": 7, "stockNum": 5, "orderBookingNum": 1, "appBookingNum": 1},
            ],
        }
    )

    assert reading.sku_id == "100"
    assert (reading.stock_num, reading.booked) == (15, 4)
    assert [store.store_id for store in reading.stores] == [None, "7"]


def test_a_carriers_number_is_text() -> None:
    """Numbers of things are text, however JD writes them."""
    carrier = JdCarrier.model_validate({"id": 467, "name": "顺丰快递"})

    assert carrier.carrier_id == "467"
