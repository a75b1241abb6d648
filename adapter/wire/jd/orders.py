"""An order as JD tells it, and a page of them.

Only what the adapter uses is named; the rest is ignored. Of a receiver nothing is decrypted, and
the waybill ciphertexts (`desen_…`), which differ at each reading, are not read at all.

Source: contracts/jd/pop.order.search and contracts/jd/pop.order.get.
"""

from typing import Annotated

from pydantic import AliasChoices, Field, model_validator

from adapter.wire.jd.pages import apart
from adapter.wire.jd.values import (
    LIST,
    OBJECT_OR_NONE,
    Count,
    Identifier,
    Instant,
    InstantIfReadable,
    JdModel,
    Money,
    OptionalCode,
    RequiredCount,
    RequiredIdentifier,
    RequiredInstant,
    Text,
)


class JdConsignee(JdModel):
    """Who receives an order; each text plain, masked or ciphertext, as JD sent it."""

    name: Text = Field(default=None, validation_alias="fullname")
    """The receiver's name."""

    telephone: Text = Field(default=None, validation_alias="telephone")
    """A land line; usually masked but for the first three and the last character."""

    mobile: Text = Field(default=None, validation_alias="mobile")
    """A mobile phone; usually masked likewise."""

    address: Text = Field(default=None, validation_alias="fullAddress")
    """The whole address in one text, province included."""

    province: Text = Field(default=None, validation_alias="province")
    """A province; of a municipality (北京 天津 上海 重庆) its own name."""

    city: Text = Field(default=None, validation_alias="city")
    """A city; in a municipality the district."""

    county: Text = Field(default=None, validation_alias="county")
    """A county or district; in a municipality the area within the district."""

    town: Text = Field(default=None, validation_alias="town")
    """A town or street area; often missing."""

    province_id: Identifier = Field(default=None, validation_alias="provinceId")
    """JD's number of the province."""

    city_id: Identifier = Field(default=None, validation_alias="cityId")
    """JD's number of the city."""

    county_id: Identifier = Field(default=None, validation_alias="countyId")
    """JD's number of the county."""

    town_id: Identifier = Field(default=None, validation_alias="townId")
    """JD's number of the town."""

    oaid: Text = Field(default=None, validation_alias="oaid")
    """Stands for name, address and phone together: within its life equal for equal receivers."""


class JdOrderLine(JdModel):
    """One SKU of an order."""

    sku_id: RequiredIdentifier = Field(validation_alias="skuId")
    """JD's number of the SKU."""

    outer_sku_id: Text = Field(default=None, validation_alias="outerSkuId")
    """The seller's code as it stood on the listing when the order was placed."""

    name: Text = Field(default=None, validation_alias="skuName")
    """The title, in Chinese."""

    price: Money = Field(default=None, validation_alias="jdPrice")
    """Price of one unit before discounts."""

    quantity: RequiredCount = Field(validation_alias="itemTotal")
    """Units."""

    ware_id: Identifier = Field(default=None, validation_alias="wareId")
    """JD's number of the product that the SKU is a variant of."""

    product_no: Text = Field(default=None, validation_alias="productNo")
    """The seller's product number."""

    gift_points: Text = Field(default=None, validation_alias="giftPoint")
    """Points given with the line."""

    service_name: Text = Field(default=None, validation_alias="serviceName")
    """A service sold with the line."""

    store_id: Identifier = Field(default=None, validation_alias="newStoreId")
    """The store whose stock the line is taken from."""


class JdCoupon(JdModel):
    """One discount on an order."""

    sku_id: Identifier = Field(default=None, validation_alias="skuId")
    """The SKU it lowers; None when it lowers the whole order."""

    kind: OptionalCode = Field(default=None, validation_alias="couponType")
    """JD's kind of discount, such as `29-团购优惠`."""

    amount: Money = Field(default=None, validation_alias="couponPrice")
    """What it takes off, positive."""


class JdPartialShipmentLine(JdModel):
    """Units of one SKU in a partial shipment."""

    sku_id: Identifier = Field(default=None, validation_alias="skuId")
    """JD's number of the SKU."""

    sku_uuid: Identifier = Field(default=None, validation_alias="skuUuid")
    """JD's number of the line, where a SKU stands on several."""

    quantity: Count = Field(default=None, validation_alias="num")
    """Units shipped."""


class JdPartialShipment(JdModel):
    """A parcel that left while the rest of its order still waits."""

    shipment_id: Identifier = Field(default=None, validation_alias="shipmentId")
    """JD's number of the parcel."""

    carrier_id: Identifier = Field(default=None, validation_alias="logicId")
    """JD's number of the carrier."""

    waybill: Text = Field(default=None, validation_alias="waybillId")
    """The carrier's number of the parcel."""

    package_count: Count = Field(default=None, validation_alias="packageNum")
    """Packages in it."""

    shipped_at: Instant = Field(default=None, validation_alias="shipmentTime")
    """When it left."""

    lines: Annotated[tuple[JdPartialShipmentLine, ...], LIST] = Field(
        default=(), validation_alias="skus"
    )
    """What is in it."""


class JdEasyInvoice(JdModel):
    """The invoice that a buyer asks for."""

    kind: Text = Field(default=None, validation_alias="invoiceType")
    """Paper or electronic, in JD's words or as JD's number."""

    title: Text = Field(default=None, validation_alias="invoiceTitle")
    """Who it is made out to; may be ciphertext."""

    content: Text = Field(default=None, validation_alias="invoiceContentId")
    """What it says was sold, in JD's words or as JD's number."""

    email: Text = Field(default=None, validation_alias="invoiceConsigneeEmail")
    """Where an electronic invoice goes; may be ciphertext."""

    phone: Text = Field(default=None, validation_alias="invoiceConsigneePhone")
    """Whom to tell; may be masked or ciphertext."""

    tax_number: Text = Field(default=None, validation_alias="invoiceCode")
    """The buying company's taxpayer number."""


class JdOrder(JdModel):
    """An order at JD, whole, as of `modified`."""

    order_id: RequiredIdentifier = Field(validation_alias="orderId")
    """JD's number."""

    vender_id: Identifier = Field(default=None, validation_alias="venderId")
    """JD's number of the shop."""

    order_type: OptionalCode = Field(default=None, validation_alias="orderType")
    """22 SOP; 21 FBP, 23 LBP, 25 SOPL and 112 FCS, where JD does part of the work."""

    pay_type: OptionalCode = Field(default=None, validation_alias="payType")
    """1 on delivery, 2 post, 3 pick-up, 4 online, 5 company transfer, 6 bank."""

    state: Text = Field(default=None, validation_alias="orderState")
    """JD's word for the state; may be one that nobody knows yet."""

    state_label: Text = Field(default=None, validation_alias="orderStateRemark")
    """The state in Chinese."""

    delivery_type: Text = Field(default=None, validation_alias="deliveryType")
    """When the buyer wants it delivered, in Chinese."""

    total_price: Money = Field(default=None, validation_alias="orderTotalPrice")
    """Price of all lines before discounts."""

    seller_price: Money = Field(default=None, validation_alias="orderSellerPrice")
    """`total_price` less `seller_discount`."""

    payment: Money = Field(default=None, validation_alias="orderPayment")
    """What the buyer pays; no longer kept up by JD since October 2024."""

    freight: Money = Field(default=None, validation_alias="freightPrice")
    """What the buyer pays for shipping."""

    seller_discount: Money = Field(default=None, validation_alias="sellerDiscount")
    """Discounts that the seller bears."""

    should_pay: Money = Field(default=None, validation_alias="shouldPay")
    """What the buyer has to pay."""

    actual_pay: Money = Field(default=None, validation_alias="actualPay")
    """What the buyer paid."""

    pay_discount: Money = Field(default=None, validation_alias="payDiscount")
    """Discount given on the way of paying."""

    balance_used: Money = Field(default=None, validation_alias="balanceUsed")
    """Paid from the buyer's balance at JD."""

    total_original_price: Money = Field(default=None, validation_alias="totalOriginalPrice")
    """Price of all lines before any discount."""

    total_seller_discount: Money = Field(default=None, validation_alias="totalSellerDiscount")
    """All that the seller bears."""

    total_seller_receivable: Money = Field(default=None, validation_alias="totalSellerReceivable")
    """What JD owes the seller for the order."""

    tax_fee: Money = Field(default=None, validation_alias="taxFee")
    """Import tax that the buyer pays."""

    coupons: Annotated[tuple[JdCoupon, ...], LIST] = Field(
        default=(), validation_alias="couponDetailList"
    )
    """Discounts one by one."""

    created_at: Instant = Field(default=None, validation_alias="orderStartTime")
    """When the buyer placed it."""

    paid_at: Instant = Field(default=None, validation_alias="paymentConfirmTime")
    """When JD confirmed payment; None while unpaid and where JD gives no time."""

    ended_at: Instant = Field(default=None, validation_alias="orderEndTime")
    """When it was finished or cancelled."""

    modified: RequiredInstant = Field(validation_alias="modified")
    """When JD last changed it, to the second."""

    ship_booked_at: InstantIfReadable = Field(default=None, validation_alias="scDT")
    """By when it is booked to leave."""

    promised_pick_at: InstantIfReadable = Field(default=None, validation_alias="promisePickDate")
    """When collection was promised."""

    picked_at: InstantIfReadable = Field(default=None, validation_alias="opPickDate")
    """When the carrier collected it."""

    delivered_at: InstantIfReadable = Field(default=None, validation_alias="opDeliveredDate")
    """When the carrier delivered it."""

    consignee: Annotated[JdConsignee | None, OBJECT_OR_NONE] = Field(
        default=None, validation_alias="consigneeInfo"
    )
    """Who receives it."""

    original_consignee: Annotated[JdConsignee | None, OBJECT_OR_NONE] = Field(
        default=None, validation_alias="originalConsigneeInfo"
    )
    """Who was to receive it before the address was changed."""

    lines: Annotated[tuple[JdOrderLine, ...], LIST] = Field(
        default=(), validation_alias="itemInfoList"
    )
    """What was sold."""

    buyer_remark: Text = Field(default=None, validation_alias="orderRemark")
    """What the buyer wrote."""

    seller_remark: Text = Field(default=None, validation_alias="venderRemark")
    """What the seller noted at JD."""

    open_id_buyer: Text = Field(
        default=None, validation_alias=AliasChoices("open_id_buyer", "openIdBuyer")
    )
    """Stands for the buyer within one app."""

    xid_buyer: Text = Field(default=None, validation_alias=AliasChoices("xid_buyer", "xidBuyer"))
    """Stands for the buyer across a company's apps."""

    pin: Text = Field(default=None, validation_alias="pin")
    """The buyer's account; may be ciphertext."""

    invoice_text: Text = Field(default=None, validation_alias="invoiceInfo")
    """The invoice wanted, in a sentence."""

    invoice: Annotated[JdEasyInvoice | None, OBJECT_OR_NONE] = Field(
        default=None, validation_alias="invoiceEasyInfo"
    )
    """The invoice wanted, in fields."""

    waybill: Text = Field(default=None, validation_alias="waybill")
    """Waybills: `|` between carriers, `,` within one."""

    carrier_ids: Text = Field(default=None, validation_alias="logisticsId")
    """Carriers: `|` between them."""

    partial_shipments: Annotated[tuple[JdPartialShipment, ...], LIST] = Field(
        default=(), validation_alias="partialLogisticsInfoModel"
    )
    """Parcels that left while the rest waits."""

    return_order: Text = Field(default=None, validation_alias="returnOrder")
    """JD's mark of a returned or exchanged order."""

    parent_order_id: Identifier = Field(default=None, validation_alias="parentOrderId")
    """The first order that this one was split from."""

    direct_parent_order_id: Identifier = Field(default=None, validation_alias="directParentOrderId")
    """The order that this one was split from."""

    customs: Text = Field(default=None, validation_alias="customs")
    """The customs office of an order from abroad."""

    customs_model: Text = Field(default=None, validation_alias="customsModel")
    """直邮, 保税集货 or 保税备货."""

    declaration_status: Text = Field(default=None, validation_alias="declarationStatus")
    """How far the customs declaration is."""

    declaration_text: Text = Field(default=None, validation_alias="declarationDesc")
    """The same in words."""

    order_source: Text = Field(default=None, validation_alias="orderSource")
    """Where the buyer ordered."""

    store_order: Text = Field(default=None, validation_alias="storeOrder")
    """京仓订单 or 云仓订单 where JD's warehouse ships it."""

    store_id: Identifier = Field(default=None, validation_alias="storeId")
    """The store that ships it."""

    shipment_kind: Identifier = Field(default=None, validation_alias="idSopShipmenttype")
    """How it travels: 68 JD delivers, 69 pick-up."""

    sendpay_map: Text = Field(default=None, validation_alias="sendpayMap")
    """Flags, as JSON in a text."""

    sign_map: Text = Field(default=None, validation_alias="popSignMap")
    """More flags, as JSON in a text."""


class JdOrderPage(JdModel):
    """One page of an order search."""

    total: Count = Field(default=0, validation_alias="orderTotal")
    """Orders in all pages at the moment of this answer."""

    orders: tuple[JdOrder, ...] = Field(default=(), validation_alias="orderInfoList")
    """The page's orders, in JD's sequence."""

    unreadable: tuple[tuple[str, str], ...] = ()
    """What could not be read: order id (empty where there is none) and the reason."""

    @model_validator(mode="before")
    @classmethod
    def _set_unreadable_aside(cls, value: object) -> object:
        return apart(value, "orderInfoList", JdOrder, "orderId")
