"""The stock ledger: what JD should hold, what it holds as far as is known, and what to write."""

from adapter.rules.ledger.ledger import LARGEST_BATCH, StockLedger
from adapter.rules.ledger.writes import Queue, Standing, StockWrite

__all__ = ["LARGEST_BATCH", "Queue", "Standing", "StockLedger", "StockWrite"]
