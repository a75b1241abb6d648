"""Reads that have not seen the last write yet, as a lagging replica at JD would answer them.

Before the seller writes, the orders and SKUs that the call names are put aside. A stale read swaps
them in, lets the method answer, and swaps the present ones back; methods do not wait for anything,
so nobody else sees the past.
"""

import copy
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import TypeVar

from jd_simulator.shop.model import Order, Sku
from jd_simulator.shop.orders import OrderBook
from jd_simulator.shop.shop import Shop

_MOST = 1_000
"""Orders, and SKUs, that are put aside at most."""

_Thing = TypeVar("_Thing", Order, Sku)


class Befores:
    """Orders and SKUs as they were before the seller's last write of them."""

    def __init__(self) -> None:
        self._orders: OrderedDict[int, Order] = OrderedDict()
        self._skus: OrderedDict[int, Sku] = OrderedDict()

    def keep(self, shop: Shop, named: Iterable[int]) -> None:
        """Put aside what some ids name, just before it is written."""
        for number in named:
            if number in shop.orders.by_id:
                _put(self._orders, number, shop.orders.by_id[number])
            if number in shop.shelves.by_id:
                _put(self._skus, number, shop.shelves.by_id[number])

    def __bool__(self) -> bool:
        """Tell whether there is a past to show."""
        return bool(self._orders or self._skus)

    @contextmanager
    def shown(self, shop: Shop) -> Iterator[None]:
        """Let the shop be as it was, for a method that waits for nothing."""
        orders = {number: shop.orders.by_id[number] for number in self._orders}
        skus = {number: shop.shelves.by_id[number] for number in self._skus}
        _swap(shop.orders, self._orders)
        shop.shelves.by_id.update(self._skus)
        try:
            yield
        finally:
            _swap(shop.orders, orders)
            shop.shelves.by_id.update(skus)


def named_ids(arguments: Mapping[str, object]) -> set[int]:
    """Collect every number in a call that may be the id of an order or a SKU."""
    found: set[int] = set()
    todo: list[object] = [arguments]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, int):
            found.add(value)
        elif isinstance(value, str):
            # CSV, where JD takes a list.
            found.update(int(part) for part in value.split(",") if _is_id(part))
    return found


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _put(kept: OrderedDict[int, _Thing], number: int, thing: _Thing) -> None:
    kept.pop(number, None)
    kept[number] = _copied(thing)
    if len(kept) > _MOST:
        kept.popitem(last=False)


def _copied(thing: _Thing) -> _Thing:
    """Copy a thing with the containers it changes in place; what these hold never changes."""
    twin = copy.copy(thing)
    for described in fields(thing):
        value = getattr(thing, described.name)
        if isinstance(value, list | dict | set | deque):
            setattr(twin, described.name, copy.copy(value))
    return twin


def _swap(book: OrderBook, orders: Mapping[int, Order]) -> None:
    for number, order in orders.items():
        present = book.by_id[number]
        if not present.children:
            book.by_modified.remove(present.state, present.modified, number)
            book.by_created.remove(present.state, present.created, number)
        if not order.children:
            book.by_modified.add(order.state, order.modified, number)
            book.by_created.add(order.state, order.created, number)
        book.by_id[number] = order
