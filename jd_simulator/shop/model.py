"""What a shop is made of: SKUs, order lines, orders."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum

from jd_simulator.seed.people import Receiver

HISTORY = 500
"""Stock writes that each SKU remembers."""


class SkuStatus(IntEnum):
    """JD's numbers for what a SKU is."""

    ON_SALE = 1
    OFF_SALE = 2
    DELETED = 4


class State(StrEnum):
    """The states of an order."""

    NOT_PAY = "NOT_PAY"
    TO_SHIP = "WAIT_SELLER_STOCK_OUT"
    LEFT_ABROAD = "WAIT_SELLER_DELIVERY"
    SHIPPED = "WAIT_GOODS_RECEIVE_CONFIRM"
    FINISHED = "FINISHED_L"
    CANCELLED = "TRADE_CANCELED"
    LOCKED = "LOCKED"
    PAUSED = "POP_ORDER_PAUSE"
    SUSPENDED = "PAUSE"
    AWAITS_CODE = "WAIT_SEND_CODE"
    RETURNED = "DELIVERY_RETURN"
    UNKNOWN = "UN_KNOWN"


@dataclass(frozen=True, slots=True)
class StockWrite:
    """One change of a SKU's stockNum."""

    at: float
    """Seconds since the epoch, by the sandbox's clock."""
    cause: str
    """`seller` (a stock method), `jd` (the control room), `order`, `shipment` or `cancellation`."""
    stock_num: int
    """stockNum from then on."""
    stock_ref: str | None
    """The stockRfId of a seller's write."""
    call: int | None
    """Number of the call in the journal."""


@dataclass(slots=True, kw_only=True)
class Sku:
    """One variant on sale."""

    sku_id: int
    ware_id: int
    outer_id: str
    title: str
    ware_title: str
    price: Decimal
    status: SkuStatus
    bar_code: str
    logo: str
    category_id: int
    attributes: Mapping[str, str]
    """What sets this variant apart, such as 颜色 and 尺码."""
    created: int
    """Seconds since the epoch, as is `modified`."""
    modified: int
    stock_num: int
    stock_model: int = 0
    """JD's stockModel: whose number holds. Assumed: other than 0, JD keeps the stock itself."""
    booked: int = 0
    """Units of placed, unshipped orders; always 0 in the `sellable` stock model."""
    lowest_sellable: int = 0
    """The most negative sellable quantity there ever was; 0 if it never was negative."""
    history: deque[StockWrite] = field(default_factory=lambda: deque(maxlen=HISTORY))

    @property
    def sellable(self) -> int:
        """Units that a buyer can still order; negative when less is in stock than is booked."""
        return self.stock_num - self.booked


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Some units of one SKU in an order, at the price they were sold for."""

    uuid: str
    """JD's own name for the line (skuUuid)."""
    sku: Sku
    outer_id: str
    """The seller's code and the title as they were when it was sold."""
    title: str
    quantity: int
    price: Decimal
    """Yuan a unit; 0 for a gift."""
    is_gift: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A discount that the seller bears."""

    amount: Decimal
    """Yuan."""
    kind: str = "41-京东券优惠"
    sku_id: int | None = None
    """The SKU it belongs to; None when it is on the whole order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One line of what a buyer wants."""

    key: str
    """The SKU's id or outer id."""
    quantity: int
    is_gift: bool = False
    path: str = "lines"
    """Where it stands in the control call, to name it in a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a buyer asks for; what is None is made up."""

    lines: tuple[Wanted, ...]
    buyer: str | None = None
    """The buyer's account name (pin). The same buyer lives at the same place."""
    receiver: Receiver | None = None
    is_paid: bool = True
    is_cash_on_delivery: bool = False
    is_cross_border: bool = False
    order_type: str = "22"
    remark: str = ""
    coupons: tuple[Coupon, ...] = ()
    freight: Decimal = Decimal("0.00")
    store_order: str = ""
    """`京仓订单` or `云仓订单`: one of JD's warehouses ships it."""
    is_pick_up: bool = False
    """The buyer fetches it; without a receiver of its own it goes to the shop's pick-up point."""
    is_voucher: bool = False
    """The goods are a code that is sent to the buyer's phone: nothing is shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A part of an order that left before the rest."""

    parcel_id: int
    carrier: str
    waybills: tuple[str, ...]
    at: int
    """Seconds since the epoch."""
    units: tuple[tuple[Line, int], ...]
    """What it holds: some units of some lines."""


class RefundStatus(IntEnum):
    """JD's numbers for where a refund before delivery stands."""

    UNREVIEWED = 0
    APPROVED = 1
    REFUSED = 2
    REFUNDED = 3
    MANUAL = 5
    INTERCEPT = 6
    INTERCEPTED = 7
    INTERCEPT_FAILED = 8
    FORCE_CLOSED = 9
    WAITS_FOR_LOGISTICS = 10
    WITHDRAWN = 11


@dataclass(slots=True, kw_only=True)
class Refund:
    """A buyer's wish to have the money back before the goods came."""

    refund_id: int
    order_id: int
    buyer: str
    amount: Decimal
    """Yuan."""
    reason: str
    applied: int
    """Seconds since the epoch, as are the other instants."""
    modified: int
    status: RefundStatus = RefundStatus.UNREVIEWED
    checked: int | None = None
    check_remark: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A state that an order had, and what brought it there."""

    state: State
    modified: int
    cause: str


@dataclass(slots=True, kw_only=True)
class Order:
    """A buyer's order."""

    order_id: int
    state: State
    created: int
    """Seconds since the epoch, as are the other instants."""
    modified: int
    purchase: Purchase
    buyer: str
    receiver: Receiver
    lines: tuple[Line, ...]
    entered: int
    """Since when it is there to be found: placed, paid or split off; search lags behind that."""
    paid: int | None = None
    ended: int | None = None
    shipped: int | None = None
    original_receiver: Receiver | None = None
    """The receiver before the first change of address."""
    held_from: State | None = None
    """The state that a lock, a pause or an unknown state goes back to."""
    holds_stock: bool = True
    """Whether its unsent units are booked (or, in the `sellable` model, taken), not given up."""
    sent: dict[str, int] = field(default_factory=dict)
    """Units that left, by the uuid of their line."""
    parcels: list[Parcel] = field(default_factory=list)
    """What left before the rest, oldest first."""
    parent_id: int | None = None
    """The order that it was first split off from, some generations ago perhaps."""
    direct_parent_id: int | None = None
    """The order that it was split off from."""
    children: tuple[int, ...] = ()
    """The orders that took its place; it is in no search any more."""
    remark: str = ""
    """The seller's words."""
    flag: int = 0
    """The colour of the seller's remark, 0 to 5."""
    readings: int = 0
    """How often it was shown with a ciphertext of its own."""
    carriers: str = ""
    waybills: str = ""
    changes: list[Change] = field(default_factory=list)
    returned_modified: int | None = None
    """The newest `modified` that the seller was answered; None: never returned."""
    shown: dict[tuple[str, tuple[str, ...]], bytes] = field(default_factory=dict)
    """The order as JSON, by how receivers come and the fields; empty since its last change."""

    @property
    def is_searchable(self) -> bool:
        """Whether JD's order search knows it: unpaid and split orders are not in search."""
        return self.state is not State.NOT_PAY and not self.children

    @property
    def is_shipped_by_jd(self) -> bool:
        """Whether JD's own warehouses or logistics send it, so that the seller must not."""
        return self.purchase.order_type != "22" or bool(self.purchase.store_order)

    def unsent(self) -> "list[tuple[Line, int]]":
        """List the lines of which units have not left, with how many."""
        rest = ((line, line.quantity - self.sent.get(line.uuid, 0)) for line in self.lines)
        return [(line, quantity) for line, quantity in rest if quantity]
