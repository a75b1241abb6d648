"""The SKUs of a shop: the catalogue, and the seller's writes of stock.

Source: contracts/jd/ware.stock.sku.set
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from jd_simulator.clock import Clock
from jd_simulator.seed.goods import articles, ean13
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Sku, SkuStatus
from jd_simulator.shop.stock import set_stock

MOST_UNITS = 99_999_999
"""Largest stockNum that JD takes (assumed)."""
_REMEMBERED = 50_000
_LONGEST_ID = 19
_DAY_S = 86_400


class NoSuchSku(Exception):  # noqa: N818 - a no of the shop, not a failure of the program
    """A SKU that this seller does not have."""

    def __init__(self, key: str, zh: str) -> None:
        """Name the id or outer id that was asked for; `zh` says it in JD's words."""
        super().__init__(f"no SKU {key!r} in this shop")
        self.zh = zh


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStock:
    """One SKU of a seller's stock write."""

    sku_id: int
    quantity: int
    """The new stockNum, or what to add to it."""
    store_id: int = 0
    """JD store; this shop has the default one, 0, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReceipt:
    """What came of one SKU of a stock write."""

    sku_id: int
    store_id: int
    refusal: str | None
    """Why it was refused, in JD's language; None when it was accepted."""


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """What came of a stock write, remembered by its stockRfId."""

    content: tuple[bool, tuple[WantedStock, ...]]
    receipts: tuple[StockReceipt, ...]


class Shelves:
    """Every SKU of a shop."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._chance = Random(f"goods {settings.seed}")  # noqa: S311 - made-up data
        self._next_id = 100_000_000_000 + self._chance.randrange(10**9)
        self._ware_base = 30_000_000_000 + self._chance.randrange(10**9)
        self._answers: OrderedDict[str, StockAnswer] = OrderedDict()
        self._by_outer_id: dict[str, int] = {}
        self.by_id: dict[int, Sku] = {}
        self._stock_up(settings)

    def find(self, key: str) -> Sku:
        """Look a SKU up by its id or by the seller's code.

        Raises:
            NoSuchSku: There is none, or it was deleted.
        """
        is_id = key.isascii() and key.isdigit() and len(key) <= _LONGEST_ID
        sku = self.by_id.get(int(key)) if is_id else None
        if sku is None:
            sku = self.by_id.get(self._by_outer_id.get(key, -1))
        if sku is None:
            raise NoSuchSku(key, "sku不存在")
        if sku.status is SkuStatus.DELETED:
            raise NoSuchSku(key, "sku已删除")
        return sku

    def add(
        self,
        *,
        outer_id: str,
        title: str,
        price: Decimal,
        stock_num: int,
        bar_code: str | None = None,
    ) -> Sku:
        """List a new SKU, on sale, under a ware of its own."""
        now = int(self._clock.now())
        self._next_id += self._chance.randrange(1, 50)
        sku = Sku(
            sku_id=self._next_id,
            ware_id=self._next_id + 10**12,
            outer_id=outer_id,
            title=title,
            ware_title=title,
            price=price,
            status=SkuStatus.ON_SALE,
            bar_code=bar_code or ean13(f"690{self._chance.randrange(10**9):09d}"),
            logo=f"jfs/t1/{self._chance.getrandbits(64):016x}.jpg",
            category_id=1342,
            attributes={},
            created=now,
            modified=now,
            stock_num=0,
        )
        self._enter(sku, stock_num, now)
        return sku

    def change(  # what is None stays
        self,
        key: str,
        *,
        title: str | None = None,
        price: Decimal | None = None,
        status: SkuStatus | None = None,
        outer_id: str | None = None,
        stock_num: int | None = None,
        stock_model: int | None = None,
    ) -> Sku:
        """Change a SKU as JD's staff or another program of the seller would.

        A change of stock alone leaves `modified` as it is (assumed): JD keeps stock apart from
        the catalogue.

        Raises:
            NoSuchSku: There is none, or it was deleted.
        """
        sku = self.find(key)
        before = (sku.title, sku.price, sku.status, sku.outer_id)
        if outer_id is not None and outer_id != sku.outer_id:
            if self._by_outer_id.get(sku.outer_id) == sku.sku_id:
                del self._by_outer_id[sku.outer_id]
            sku.outer_id = outer_id
            self._by_outer_id[outer_id] = sku.sku_id
        sku.title = sku.title if title is None else title
        sku.price = sku.price if price is None else price
        sku.status = sku.status if status is None else status
        if (sku.title, sku.price, sku.status, sku.outer_id) != before:
            sku.modified = max(int(self._clock.now()), sku.modified)
        if stock_num is not None:
            set_stock(sku, stock_num, at=self._clock.now(), cause="jd")
        sku.stock_model = sku.stock_model if stock_model is None else stock_model
        return sku

    def write(
        self,
        wanted: tuple[WantedStock, ...],
        *,
        is_increment: bool,
        stock_ref: str,
        call: int,
    ) -> tuple[StockAnswer, bool]:
        """Write stock for the seller, once for each stockRfId.

        A stockRfId that was there before changes nothing, whatever comes with it, and gets the
        answer of the first time (assumed where the content differs).

        Returns:
            What came of each SKU, and whether the stockRfId was there before with other content.
        """
        content = (is_increment, wanted)
        earlier = self._answers.get(stock_ref)
        if earlier is not None:
            return earlier, earlier.content != content
        receipts = tuple(
            StockReceipt(
                sku_id=item.sku_id,
                store_id=item.store_id,
                refusal=self.write_one(
                    item, is_increment=is_increment, stock_ref=stock_ref, call=call
                ),
            )
            for item in wanted
        )
        answer = StockAnswer(content, receipts)
        self._answers[stock_ref] = answer
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        return answer, False

    def write_one(
        self, item: WantedStock, *, is_increment: bool, stock_ref: str | None, call: int
    ) -> str | None:
        """Write the stock of one SKU for the seller, as often as it is asked for.

        Returns:
            Why it was refused, in JD's language; None when it was accepted.
        """
        try:
            sku = self.find(str(item.sku_id))
        except NoSuchSku as error:
            return error.zh
        if item.store_id != 0:
            return "仓库不存在"
        stock_num = sku.stock_num + item.quantity if is_increment else item.quantity
        if stock_num < 0:
            return "库存数量不能小于0"
        if stock_num > MOST_UNITS:
            return "库存数量超过上限"
        set_stock(
            sku, stock_num, at=self._clock.now(), cause="seller", stock_ref=stock_ref, call=call
        )
        return None

    def on_shelf(self, statuses: Iterable[SkuStatus]) -> list[Sku]:
        """List the SKUs of some statuses, in the order in which they were made."""
        wanted = frozenset(statuses)
        return [sku for sku in self.by_id.values() if sku.status in wanted]

    def _stock_up(self, settings: Settings) -> None:
        now = int(self._clock.now())
        for article in articles(settings.sku_count, self._chance):
            self._next_id += self._chance.randrange(1, 50)
            listed = now - self._chance.randrange(30 * _DAY_S, 300 * _DAY_S)
            stock_num = settings.initial_stock
            sku = Sku(
                sku_id=self._next_id,
                ware_id=self._ware_base + 7 * article.ware,
                outer_id=article.outer_id,
                title=article.title,
                ware_title=article.ware_title,
                price=article.price,
                status=SkuStatus.ON_SALE,
                bar_code=article.bar_code,
                logo=article.logo,
                category_id=article.category_id,
                attributes={"颜色": article.colour, "尺码": article.size},
                created=listed,
                modified=listed,
                stock_num=0,
            )
            drawn = self._chance.randrange(20, 201)
            self._enter(sku, drawn if stock_num is None else stock_num, now)

    def _enter(self, sku: Sku, stock_num: int, now: int) -> None:
        set_stock(sku, stock_num, at=now, cause="jd")
        self.by_id[sku.sku_id] = sku
        self._by_outer_id[sku.outer_id] = sku.sku_id
