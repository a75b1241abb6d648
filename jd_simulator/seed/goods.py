"""The goods of a made-up clothes shop: codes, Chinese titles, prices, barcodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, islice, product
from random import Random

_PRODUCTS = (
    ("TEE", "纯棉圆领短袖T恤 男女同款", 5900, 1342),
    ("HOODIE", "加绒连帽卫衣 宽松休闲", 15900, 1343),
    ("JEANS", "直筒牛仔裤 弹力修身", 19900, 1344),
    ("SHIRT", "免烫长袖衬衫 商务通勤", 16900, 1345),
    ("DOWN", "90%白鸭绒羽绒服 轻薄保暖", 49900, 1346),
    ("SOCK", "精梳棉中筒袜 五双装", 3900, 1347),
    ("DRESS", "法式碎花连衣裙 收腰显瘦", 22900, 1348),
    ("SHORT", "速干运动短裤 透气网布", 7900, 1349),
    ("COAT", "双面羊毛呢大衣 中长款", 89900, 1350),
    ("POLO", "珠地棉POLO衫 翻领短袖", 9900, 1351),
    ("KNIT", "山羊绒半高领毛衣 打底衫", 39900, 1352),
    ("VEST", "轻薄羽绒马甲 可收纳", 25900, 1353),
)
_COLOURS = (
    ("RED", "中国红"),
    ("BLACK", "雅黑"),
    ("WHITE", "珍珠白"),
    ("NAVY", "藏青"),
    ("GREEN", "军绿"),
)
_SIZES = ("M", "L", "S", "XL", "XXL")


@dataclass(frozen=True, slots=True)
class Article:
    """One variant that a shop can list as a SKU."""

    ware: int
    """Ordinal of the ware that its colours and sizes share, from 0."""
    outer_id: str
    ware_title: str
    colour: str
    size: str
    price: Decimal
    bar_code: str
    category_id: int
    logo: str

    @property
    def title(self) -> str:
        """The SKU's name as JD builds it: ware, colour, size."""
        return f"{self.ware_title} {self.colour} {self.size}"


def ean13(twelve: str) -> str:
    """Append the check digit of an EAN-13 barcode to its twelve digits."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return twelve + str(-weighted % 10)


def articles(number: int, chance: Random) -> Iterator[Article]:
    """Make up `number` articles; codes and titles do not depend on `chance`, prices do.

    The first is always `TEE-RED-M`. When all products are used up, a second series follows
    (`TEE2-RED-M`).
    """
    return islice(_endless(chance), number)


def _endless(chance: Random) -> Iterator[Article]:
    for series in count(1):
        suffix = "" if series == 1 else str(series)
        for index, (code, title, fen, category) in enumerate(_PRODUCTS):
            ware = (series - 1) * len(_PRODUCTS) + index
            price = (Decimal(fen) + 100 * chance.randrange(-9, 10)) / 100
            for (colour_code, colour), size in product(_COLOURS, _SIZES):
                yield Article(
                    ware=ware,
                    outer_id=f"{code}{suffix}-{colour_code}-{size}",
                    ware_title=title if series == 1 else f"{title} 第{series}代",
                    colour=colour,
                    size=size,
                    price=round(price, 2),
                    bar_code=ean13(f"690{chance.randrange(10**9):09d}"),
                    category_id=category,
                    logo=f"jfs/t1/{chance.randrange(10**6)}/{chance.randrange(100)}"
                    f"/{chance.randrange(10**5)}/{chance.getrandbits(64):016x}.jpg",
                )
