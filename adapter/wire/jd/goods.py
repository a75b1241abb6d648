"""JD's SKUs, stock, carriers and receipts.

Source: contracts/jd/sku.read.searchSkuList, contracts/jd/ware.stock.sku.set,
contracts/jd/ware.stock.sku.query, contracts/jd/vender.all.delivery.company and
contracts/jd/pop.order.shipment.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapter.errors import JdAnswer
from adapter.wire.jd.pages import apart
from adapter.wire.jd.values import (
    LIST,
    Count,
    Identifier,
    Instant,
    JdModel,
    Money,
    RequiredIdentifier,
    Text,
)


class JdSaleAttribute(JdModel):
    """One trait that tells the SKUs of a product apart, such as its colour."""

    attribute_id: Identifier = Field(default=None, validation_alias="attrId")
    """JD's number of the trait."""

    values: Annotated[tuple[Text, ...], LIST] = Field(default=(), validation_alias="attrValues")
    """JD's numbers of its values."""

    aliases: Annotated[tuple[Text, ...], LIST] = Field(
        default=(), validation_alias="attrValueAlias"
    )
    """The seller's words for them."""


class JdSku(JdModel):
    """One SKU of the shop."""

    sku_id: RequiredIdentifier = Field(validation_alias="skuId")
    """JD's number."""

    ware_id: Identifier = Field(default=None, validation_alias="wareId")
    """JD's number of the product that it is a variant of."""

    status: Text = Field(default=None, validation_alias="status")
    """1 on sale, 2 off sale, 4 deleted."""

    outer_id: Text = Field(default=None, validation_alias="outerId")
    """The seller's code."""

    price: Money = Field(default=None, validation_alias="jdPrice")
    """Price of one unit."""

    bar_code: Text = Field(default=None, validation_alias="barCode")
    """The bar code."""

    name: Text = Field(default=None, validation_alias="skuName")
    """The SKU's own title, in Chinese."""

    ware_title: Text = Field(default=None, validation_alias="wareTitle")
    """The product's title, in Chinese."""

    logo: Text = Field(default=None, validation_alias="logo")
    """The picture's address, usually without its host."""

    category_id: Identifier = Field(default=None, validation_alias="categoryId")
    """JD's number of the category."""

    stock_num: Count = Field(default=None, validation_alias="stockNum")
    """Spot stock as JD has it."""

    sale_attributes: Annotated[tuple[JdSaleAttribute, ...], LIST] = Field(
        default=(), validation_alias="saleAttrs"
    )
    """What tells it apart from the product's other SKUs."""

    created_at: Instant = Field(default=None, validation_alias="created")
    """When it was made."""

    modified: Instant = Field(default=None, validation_alias="modified")
    """When JD last changed it."""


class JdSkuPage(JdModel):
    """One page of a SKU search."""

    total: Count = Field(default=0, validation_alias="totalItem")
    """SKUs in all pages at the moment of this answer."""

    skus: tuple[JdSku, ...] = Field(default=(), validation_alias="data")
    """The page's SKUs."""

    unreadable: tuple[tuple[str, str], ...] = ()
    """What could not be read: SKU id (empty where there is none) and the reason."""

    @model_validator(mode="before")
    @classmethod
    def _set_unreadable_aside(cls, value: object) -> object:
        return apart(value, "data", JdSku, "skuId")


class JdStockReceipt(JdModel):
    """What JD did with the quantities of one call; a SKU without refusal was accepted."""

    refusals: dict[str, JdAnswer] = Field(default_factory=dict)
    """The SKUs that JD refused, by sku_id, with JD's reason."""

    answer: JdAnswer = JdAnswer()
    """JD's words on the whole call."""


class JdStoreStock(JdModel):
    """Stock of one SKU in one store."""

    store_id: Identifier = Field(default=None, validation_alias="storeId")
    """The store; None is the shop's default one."""

    stock_num: Count = Field(default=0, validation_alias="stockNum")
    """Spot stock."""

    order_booking: Count = Field(default=0, validation_alias="orderBookingNum")
    """Units booked for orders that have not left."""

    app_booking: Count = Field(default=0, validation_alias="appBookingNum")
    """Units that the seller locked."""

    transfer: Count = Field(default=0, validation_alias="orderTransferNum")
    """Units on their way between stores."""


class JdStockReading(JdModel):
    """JD's own figures for one SKU."""

    sku_id: RequiredIdentifier = Field(validation_alias="skuId")
    """JD's number."""

    stock_model: Text = Field(default=None, validation_alias="stockModel")
    """How JD keeps this SKU's stock."""

    stores: Annotated[tuple[JdStoreStock, ...], LIST] = Field(
        default=(), validation_alias="skuStockInfos"
    )
    """The figures, store by store."""

    @property
    def stock_num(self) -> int:
        """Spot stock over all stores."""
        return sum(store.stock_num or 0 for store in self.stores)

    @property
    def booked(self) -> int:
        """Units over all stores that JD no longer sells: booked for orders, or locked."""
        return sum((store.order_booking or 0) + (store.app_booking or 0) for store in self.stores)


class JdCarrier(JdModel):
    """A carrier that this seller may ship with."""

    carrier_id: RequiredIdentifier = Field(validation_alias="id")
    """JD's number."""

    name: Text = Field(default=None, validation_alias="name")
    """JD's name, in Chinese."""

    description: Text = Field(default=None, validation_alias="description")
    """JD's words on it."""


class JdShipmentReceipt(JdModel):
    """JD's answer to a shipment that it did not refuse for another reason."""

    outcome: Literal["shipped", "already_shipped"]
    """`already_shipped` says nothing of the waybill: only the order tells whether it is ours."""

    answer: JdAnswer = JdAnswer()
    """JD's own words."""
