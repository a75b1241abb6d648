"""What JD was told, joined with what the adapter meant by it."""

from jd_simulator.testing import SandboxHandle
from tests.world import World

SET_STOCK = "jingdong.ware.stock.sku.set"


class StockCalls:
    """The stock calls in JD's journal, gathered before it forgets them."""

    def __init__(self, sandbox: SandboxHandle) -> None:
        self._sandbox = sandbox
        self._seen = 0
        self.writes: list[tuple[str, str]] = []
        """SKU id and stockRfId, in the order in which the calls came."""

    def gather(self) -> None:
        """Take in what came since."""
        for entry in self._sandbox.journal:
            if entry.number <= self._seen:
                continue
            self._seen = entry.number
            request = (entry.arguments or {}).get("req") if entry.method == SET_STOCK else None
            if isinstance(request, dict):
                ref = str(request["stockRfId"])
                self.writes += [(str(stock["skuId"]), ref) for stock in request["skuStocks"]]


async def older_after_newer(w: World, calls: StockCalls) -> list[str]:
    """Join the calls with what was intended, and find older versions sent after newer ones.

    What JD carries out late is JD's doing, and has to be right in the end.
    """
    versions = {
        (m["sku_id"], m["stock_ref"]): m["level"]["version"]
        for m in await w.messages(w.names.stock_updates)
        if m["status"] == "intended"
    }
    newest: dict[str, int] = {}
    found = []
    for sku_id, ref in calls.writes:
        version = versions[sku_id, ref]
        if version < newest.get(sku_id, 0):
            found.append(f"{sku_id}: {version} after {newest[sku_id]}")
        newest[sku_id] = max(newest.get(sku_id, 0), version)
    return found
