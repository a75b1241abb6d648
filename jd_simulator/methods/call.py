"""What a method gets to see of a call, and what a method is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts import JdMethodContract, Json
from jd_simulator.errors import Refused
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.unknown import Names
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Order
from jd_simulator.shop.shop import Shop

Answer = dict[str, object]
"""The content of a method's envelope."""
ROWS = "@rows@"
"""Where in an answer the call's `rows` go; nothing that a caller wrote stands beside it."""


class Row(NamedTuple):
    """A row of a page."""

    id: int
    """Of the order, SKU, ware or refund."""
    text: bytes
    """The row as JSON: writing the same orders again for each search would be most of its cost."""
    order: Order | None = None
    """The order that the seller knows once it has the row."""


@dataclass(slots=True)
class Call:
    """One call of a method that has passed the gateway."""

    shop: Shop
    arguments: Arguments
    number: int
    """The call's number in the sandbox's journal."""
    notes: list[str] = field(default_factory=list)
    """What is worth telling in the journal although JD says nothing of it."""
    returned: list[Order] = field(default_factory=list)
    """Orders in the answer beside `rows`; the seller knows them once it is delivered."""
    rows: list[Row] | None = None
    """The page that is to stand where the answer says `ROWS`; each paged method makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of JD's."""

    name: str
    answer: Callable[[Call], Answer]
    envelope: str
    """The root key of the answer, as the contract has it."""
    other_envelopes: tuple[str, ...] = ()
    """Other spellings of it that clients report."""
    needs_token: bool
    parameters: Names
    """Names that the method knows; others are accepted, as JD does, and noted in the journal."""
    page_parameter: str | None
    """The parameter that numbers the pages, from 1; None: it is not paged."""
    is_write: bool
    """Whether it changes anything at JD."""
    contract: JdMethodContract

    @property
    def business_failures(self) -> dict[str, Json]:
        """The contract's examples of refusals inside a fine envelope: whole answers, by name."""
        examples = self.contract.response_examples
        return {name: answer for name, answer in examples.items() if name.startswith("business-")}

    def root_key(self, settings: Settings) -> str:
        """Tell the root key of an answer, in the spelling that the sandbox is set to."""
        wanted = f"_{settings.legacy_envelopes}"
        return next((name for name in self.other_envelopes if name.endswith(wanted)), self.envelope)


def api_result(refused: Refused | None = None) -> Answer:
    """Shape the `apiResult` of the order methods."""
    if refused is None:
        return {"success": True, "englishErrCode": "", "chineseErrCode": "", "numberCode": 0}
    return {
        "success": False,
        "englishErrCode": refused.en,
        "chineseErrCode": refused.zh,
        "numberCode": int(refused.code),
    }
