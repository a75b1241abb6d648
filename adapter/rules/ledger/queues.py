"""In which order listings are written: queues, first in and first out, and the brake before one."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import datetime

from adapter.rules.ledger.brake import Brake
from adapter.rules.ledger.writes import Queue


class Queues:
    """The listings that wait to be written.

    Args:
        brake: Says when what would end a listing's sale has to wait for approval.
    """

    def __init__(self, brake: Brake) -> None:
        self._brake = brake
        self._waiting: dict[Queue, OrderedDict[str, None]] = {
            "zero": OrderedDict(),
            "stock": OrderedDict(),
            "bulk": OrderedDict(),
        }
        self._braked: OrderedDict[str, None] = OrderedDict()
        # Those among `zero` and `_braked` that sell now: a wave of them is held back.
        self._ending: set[str] = set()
        self._approved: set[str] = set()

    def __len__(self) -> int:
        """Count what can be written at once."""
        return sum(len(queue) for queue in self._waiting.values())

    @property
    def braked(self) -> Collection[str]:
        """What waits for approval."""
        return self._braked.keys()

    def is_approved(self, sku_id: str) -> bool:
        """Tell whether somebody approved of what a listing waits for."""
        return sku_id in self._approved

    def put(self, sku_id: str, name: Queue, *, ends_a_sale: bool = False) -> None:
        """Let a listing wait; one that waits there already keeps its place.

        Args:
            sku_id: The listing.
            name: Where.
            ends_a_sale: It sells now and will not, and nobody said that this is on purpose.
        """
        if name != "zero":
            self._approved.discard(sku_id)
        if ends_a_sale and sku_id not in self._approved:
            self._ending.add(sku_id)
            self._brake.waits(sku_id)
            if sku_id in self._braked:
                return
        else:
            self._ending.discard(sku_id)
        if sku_id not in self._waiting[name]:
            self._take_out(sku_id)
            self._waiting[name][sku_id] = None

    def put_if_absent(self, sku_id: str, name: Queue) -> None:
        """Let a listing wait unless it waits anywhere."""
        is_waiting = any(sku_id in queue for queue in self._waiting.values())
        if not is_waiting and sku_id not in self._braked:
            self._waiting[name][sku_id] = None

    def let_pass(self, sku_id: str) -> None:
        """Let a listing's zero pass that was let through before and has to be written again."""
        self._approved.add(sku_id)

    def remove(self, sku_id: str) -> None:
        """Take a listing out: nothing has to be written."""
        self._take_out(sku_id)
        self._ending.discard(sku_id)
        self._approved.discard(sku_id)

    def take(
        self, *, selling: int, now: datetime, is_urgent_only: bool = False
    ) -> Iterable[tuple[str, Queue]]:
        """Hand out one listing after the other; whoever stops asking leaves the rest.

        Args:
            selling: Listings that JD sells now.
            now: The clock.
            is_urgent_only: Only what must go to zero.
        """
        is_held = self._brake.holds(waiting=len(self._ending), selling=selling, now=now)
        if not is_held:
            self._waiting["zero"].update(self._braked)
            self._braked.clear()
        for name, queue in self._waiting.items():
            while queue and (name == "zero" or not is_urgent_only):
                sku_id, _ = queue.popitem(last=False)
                if is_held and sku_id in self._ending:
                    self._braked[sku_id] = None
                    continue
                if sku_id in self._ending:
                    self._ending.discard(sku_id)
                    self._brake.zeroed(sku_id, now)
                self._approved.discard(sku_id)
                yield sku_id, name

    def approve(self) -> Collection[str]:
        """Release what the brake holds; return what that is."""
        released = list(self._braked)
        self._brake.released()
        self._approved.update(released)
        self._ending.difference_update(released)
        self._waiting["zero"].update(self._braked)
        self._braked.clear()
        return released

    def _take_out(self, sku_id: str) -> None:
        for queue in (*self._waiting.values(), self._braked):
            queue.pop(sku_id, None)
