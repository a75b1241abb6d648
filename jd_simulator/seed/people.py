"""The buyers of a made-up shop and where they live. Nobody here exists.

Names and streets are put together by chance; phone numbers begin with 199 000, which no operator
has given out.
"""

from dataclasses import dataclass, replace
from random import Random

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁䶮"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "梓涵",
    "子轩",
    "𠮷",
    "喆",
)
_STREETS = (
    "建设路",
    "人民中路",
    "解放大道",
    "中山北路",
    "学府街",
    "滨河东路",
    "科技园南路",
    "新华街",
)

# (province, city, county, town) with their ids. In a municipality JD writes the district as the
# city and a part of it as the county.
_PLACES = (
    (("北京", 1), ("朝阳区", 72), ("三环到四环之间", 2819), ("", 0)),
    (("北京", 1), ("海淀区", 2800), ("中关村", 2848), ("", 0)),
    (("上海", 2), ("浦东新区", 2830), ("张江镇", 51800), ("", 0)),
    (("天津", 3), ("南开区", 51042), ("长虹街道", 54321), ("", 0)),
    (("重庆", 4), ("渝北区", 51125), ("龙溪街道", 54786), ("", 0)),
    (("广东", 19), ("深圳市", 1607), ("南山区", 3155), ("粤海街道", 62170)),
    (("广东", 19), ("广州市", 1601), ("天河区", 3633), ("石牌街道", 62089)),
    (("浙江", 15), ("杭州市", 1213), ("余杭区", 3038), ("五常街道", 59931)),
    (("江苏", 12), ("苏州市", 988), ("吴中区", 40034), ("木渎镇", 51561)),
    (("四川", 22), ("成都市", 1930), ("武侯区", 50947), ("", 0)),
    (("陕西", 27), ("西安市", 2376), ("雁塔区", 50235), ("", 0)),
    (("内蒙古", 11), ("呼和浩特市", 799), ("土默特左旗", 3246), ("察素齐镇", 50113)),
    (("新疆", 31), ("乌鲁木齐市", 2652), ("天山区", 50497), ("", 0)),
)

REMARKS = (
    "",
    "",
    "",
    "请尽快发货，谢谢！",
    "送人的礼物🎁，请不要放价格单",
    "周末在家，工作日请放丰巢柜",
    "麻烦换个结实点的纸箱📦，上次压坏了",
    "收件人姓䶮（yǎn），别写错字哦",
    '尺码不合适可以换吗？"在线等"\n急！',
)
"""What buyers write: mostly nothing, else Chinese with emoji, rare characters and line breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where an order goes, in plain text. What of it a seller may see is the view's matter."""

    name: str
    phone: str
    address: str
    """Street and number, after the town."""
    province: str
    city: str
    county: str
    town: str = ""
    province_id: int = 0
    city_id: int = 0
    county_id: int = 0
    town_id: int = 0

    @property
    def full_address(self) -> str:
        """Province to house number in one line, as JD writes it."""
        return f"{self.province}{self.city}{self.county}{self.town}{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A JD account and the receiver it usually sends to."""

    pin: str
    receiver: Receiver


def make_receiver(chance: Random) -> Receiver:
    """Make up a receiver."""
    province, city, county, town = chance.choice(_PLACES)
    return Receiver(
        name=chance.choice(_SURNAMES) + chance.choice(_GIVEN),
        phone=f"199000{chance.randrange(10**5):05d}",
        address=f"{chance.choice(_STREETS)}{chance.randrange(1, 400)}号"
        f"{chance.randrange(1, 30)}栋{chance.randrange(101, 2900)}室",
        province=province[0],
        city=city[0],
        county=county[0],
        town=town[0],
        province_id=province[1],
        city_id=city[1],
        county_id=county[1],
        town_id=town[1],
    )


def at_pick_up_point(receiver: Receiver) -> Receiver:
    """Let someone fetch the goods: name and phone stay, the place is everybody's."""
    province, city, county, town = _PLACES[5]
    return replace(
        receiver,
        address="科技园南路66号京东快递自提点",
        province=province[0],
        city=city[0],
        county=county[0],
        town=town[0],
        province_id=province[1],
        city_id=city[1],
        county_id=county[1],
        town_id=town[1],
    )


def make_buyer(chance: Random) -> Buyer:
    """Make up a buyer."""
    return Buyer(pin=f"jd_{chance.getrandbits(52):013x}", receiver=make_receiver(chance))
