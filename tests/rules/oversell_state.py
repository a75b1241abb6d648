"""What JD, Helm and the adapter know around one SKU, and what is on its way between them."""

from typing import NamedTuple, TypeVar


class Receipt(NamedTuple):
    """Helm's answer to an order."""

    outcome: str
    version: int
    """Of the level then; where it was accepted, of the level that reflects it."""


class Order(NamedTuple):
    """One order, as JD, the adapter and Helm have it."""

    channel: int
    at_jd: str = "open"
    """open, shipped or cancelled."""
    seen: str = ""
    """The same in the adapter's index; empty before it was seen."""
    published: int = 0
    """Helm's clock when it was seen."""
    at_helm: str = ""
    """accepted, rejected or returned."""
    receipt: tuple[Receipt, ...] = ()
    """What was read of Helm's answers."""
    left_at: int = 0
    """Helm's clock when it left, where that matters."""
    parcel: str = ""
    """The adapter's call that ships it: sent, or arrived."""


class Number(NamedTuple):
    """What a channel's number at JD is, or will be, and what it reflects."""

    quantity: int
    orders: int
    """The orders that were seen when it was reckoned, as bits."""
    shipped: int
    """Those of them that were seen as shipped."""
    elsewhere: int
    """The units sold elsewhere of which the level told."""
    held_back: int
    """The units that the buffer really held back: no more than there were."""
    returned: int = 0
    """Units that the write gave back, for JD had changed its number and nobody had seen why."""


class Write(NamedTuple):
    """A call that sets the number."""

    number: Number
    has_arrived: bool = False
    is_doubted: bool = False
    """JD changed the number itself meanwhile: nobody knows which of the two came last."""


class HelmLevel(NamedTuple):
    """Helm's level, and what had been sold elsewhere then."""

    available: int
    version: int
    elsewhere: int


class Channel(NamedTuple):
    """A channel's number at JD and the adapter's writes of it."""

    number: Number
    offered: int | None
    writing: Write | None = None
    late: Number | None = None
    """A call whose answer was lost and that may still reach JD."""
    is_suspect: bool = False
    """It has to be read back once that call can no longer arrive."""


class Left(NamedTuple):
    """What may still happen."""

    orders: int
    goods_in: int = 0
    cancellations: int = 0
    rejections: int = 0
    sales_elsewhere: int = 0
    shipped_past: int = 0
    crashes: int = 0


class State(NamedTuple):
    """Everything."""

    goods: int
    """Units that ever came in."""
    helm: HelmLevel
    level: HelmLevel
    """The newest level that the adapter read."""
    channels: tuple[Channel, ...]
    left: Left
    orders: tuple[Order, ...] = ()
    to_helm: tuple[tuple[tuple[int, str], ...], ...] = ()
    """By channel, the records of `jd.orders` that Helm did not read: order and state."""
    levels: tuple[HelmLevel, ...] = ()
    """The records of `helm.stock-changes` that the adapter did not read."""
    receipts: tuple[tuple[int, Receipt], ...] = ()
    """The records of `helm.order-receipts` that the adapter did not read."""
    is_excused: bool = False
    """A sale oversold because of more that was on its way than the buffer covers."""
    breach: str = ""
    """How a sale broke the promise."""


_Item = TypeVar("_Item")


def put(items: tuple[_Item, ...], place: int, item: _Item) -> tuple[_Item, ...]:
    """Put an item in another's place."""
    return (*items[:place], item, *items[place + 1 :])


def with_level(state: State, units: int) -> State:
    """Let Helm change its level and publish it."""
    helm = state.helm._replace(
        available=state.helm.available + units, version=state.helm.version + 1
    )
    return state._replace(helm=helm, levels=(*state.levels, helm))


def with_order(state: State, place: int, order: Order) -> State:
    """Put an order in its place."""
    return state._replace(orders=put(state.orders, place, order))


def with_channel(state: State, place: int, channel: Channel) -> State:
    """Put a channel in its place."""
    return state._replace(channels=put(state.channels, place, channel))
