"""Schemas and models agree on every example: what is legal, and what is not."""

import json
import re
from decimal import Decimal
from importlib.resources import files

import jsonschema_rs
import pytest
from pydantic import TypeAdapter, ValidationError

import contracts
from adapter.wire.helm import Credentials
from adapter.wire.published import Order, StockUpdate
from devstack.contracts import WRITTEN_BY_HELM, WRITTEN_BY_THE_ADAPTER

READERS = {**WRITTEN_BY_HELM, **WRITTEN_BY_THE_ADAPTER}
VALID = [(name, example) for name in READERS for example in contracts.helm_message(name).valid]
INVALID = [(name, example) for name in READERS for example in contracts.helm_message(name).invalid]
REFUSED = [
    (name, file.name)
    for name in READERS
    for file in sorted(
        files(contracts).joinpath("helm", name, "examples").iterdir(), key=lambda file: file.name
    )
    if file.name.startswith("refused-")
]
OUTGOING = [(name, example) for name, example in VALID if name in WRITTEN_BY_THE_ADAPTER]
STOCK_UPDATES = contracts.helm_message("jd.stock-updates").valid
ORDERS = contracts.helm_message("jd.orders").valid


def encoded(example: contracts.Json) -> bytes:
    """Write an example as it travels."""
    return json.dumps(example, ensure_ascii=False).encode()


def problems(name: str, example: contracts.Json) -> list[str]:
    """List what the schema finds wrong with an example."""
    validator = jsonschema_rs.Draft202012Validator(
        contracts.helm_message(name).schema, validate_formats=True, offline=True
    )
    return [error.message for error in validator.iter_errors(example)]


@pytest.mark.parametrize(("name", "example"), VALID)
def test_a_valid_example_obeys_schema_and_model(name: str, example: str) -> None:
    """What the contract shows as legal, the adapter reads."""
    value = contracts.helm_message(name).valid[example]

    assert problems(name, value) == []
    READERS[name].validate_json(encoded(value))


@pytest.mark.parametrize(("name", "example"), OUTGOING)
def test_an_outgoing_example_is_what_the_adapter_would_write(name: str, example: str) -> None:
    """Read and written again, an example of the adapter's messages is the same."""
    value = contracts.helm_message(name).valid[example]
    reader: TypeAdapter[object] = READERS[name]

    assert json.loads(reader.dump_json(reader.validate_json(encoded(value)))) == value


@pytest.mark.parametrize(
    ("name", "example"),
    [(name, example) for name, example in VALID if name.startswith("helm.")],
)
def test_an_incoming_example_survives_being_kept(name: str, example: str) -> None:
    """Written out and read again, a message of Helm's is the same, unknown fields too."""
    reader: TypeAdapter[object] = READERS[name]
    message = reader.validate_json(encoded(contracts.helm_message(name).valid[example]))
    written = reader.dump_json(message)

    assert reader.validate_json(written) == message
    assert problems(name, json.loads(written)) == []


@pytest.mark.parametrize(("name", "example"), INVALID)
def test_an_invalid_example_is_refused_by_schema_and_model(name: str, example: str) -> None:
    """Whoever tests their records with the schema learns of the defect before the adapter does."""
    value = contracts.helm_message(name).invalid[example]

    assert problems(name, value)
    with pytest.raises(ValidationError):
        READERS[name].validate_json(encoded(value))


@pytest.mark.parametrize(("name", "file"), REFUSED)
def test_a_refused_example_passes_the_schema_and_fails_in_the_model(name: str, file: str) -> None:
    """What a schema cannot say, the adapter refuses all the same, at the field that is named."""
    example = contracts.load_json("helm", name, "examples", file)

    assert example["reason"]
    assert problems(name, example["value"]) == []
    with pytest.raises(ValidationError) as refusal:
        READERS[name].validate_json(encoded(example["value"]))
    assert {".".join(map(str, error["loc"])) for error in refusal.value.errors()} == {
        example["field"]
    }


@pytest.mark.parametrize("name", READERS)
def test_every_message_shows_what_is_legal_and_what_is_not(name: str) -> None:
    """Each has examples of both kinds, and none that no test looks at."""
    folder = files(contracts).joinpath("helm", name, "examples")
    kinds = {file.name.partition("-")[0] for file in folder.iterdir()}

    assert {"valid", "invalid"} <= kinds <= {"valid", "invalid", "refused"}


def test_examples_are_readable_text() -> None:
    """Files are UTF-8 with real Chinese characters, indented by two, ended by a newline."""
    for name in READERS:
        for file in files(contracts).joinpath("helm", name, "examples").iterdir():
            text = file.read_text(encoding="utf-8")

            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_printed_credentials_hide_their_secrets() -> None:
    """No secret of an example is shown when the credentials are printed or written as JSON."""
    value = contracts.helm_message("sealed-credentials").valid["full"]
    credentials = Credentials.model_validate(value)
    shown = f"{credentials!r} {credentials.model_dump_json()}"

    for field in ("api_secret", "access_token", "refresh_token"):
        assert value[field] not in shown


@pytest.mark.parametrize("example", STOCK_UPDATES)
def test_the_arithmetic_of_a_stock_update_adds_up(example: str) -> None:
    """Buffer first, then cap, then whole listings; JD's spot number includes the open units."""
    update = StockUpdate.model_validate(STOCK_UPDATES[example])
    if (sums := update.arithmetic) is None or update.level is None:
        assert update.status == "unknown"
        return
    units = max((update.level.available or 0) - sums.uncounted - sums.stock_buffer, 0)
    capped = units if sums.max_stock_level is None else min(units, sums.max_stock_level)

    assert sums.sellable == capped // sums.units_per_listing
    assert update.quantity in {sums.sellable, sums.sellable + sums.open_units}


@pytest.mark.parametrize("example", ORDERS)
def test_the_amounts_of_an_order_add_up(example: str) -> None:
    """Goods less discounts plus freight and tax is what the buyer pays, unless JD's own differ."""
    order = Order.model_validate(ORDERS[example])
    discounts = sum((discount.amount for discount in order.discounts), Decimal())
    payable = order.total - order.total_discount + order.shipping_paid + order.tax_paid

    assert order.total_discount == discounts
    assert (payable == order.total_paid) == order.sums_agree
    assert order.total == sum(part.total for part in order.parts)
    assert sum(line.quantity for line in order.inventory) == sum(part.units for part in order.parts)


@pytest.mark.parametrize("example", ORDERS)
def test_the_lines_of_an_order_belong_to_its_parts(example: str) -> None:
    """Each line names one of the parts; only a combined order, C-, has several."""
    order = Order.model_validate(ORDERS[example])
    parts = [part.channel_order_id for part in order.parts]

    assert {line.channel_order_id for line in order.inventory} == set(parts)
    assert order.is_combined == order.channel_order_id.startswith("C-") == (len(parts) > 1)


@pytest.mark.parametrize("example", ORDERS)
def test_no_example_shows_a_whole_number_of_a_masked_phone(example: str) -> None:
    """A masked or encrypted receiver's phone keeps the first three and the last digit."""
    address = Order.model_validate(ORDERS[example]).shipping_address

    assert address.form == "plain" or re.fullmatch(r"\d{3}\*+\d", address.phone or "")


def test_every_status_of_a_stock_update_and_outcome_of_a_shipment_is_shown() -> None:
    """A reader finds each case it has to handle among the examples."""
    results = contracts.helm_message("jd.shipment-results").valid
    channels = contracts.helm_message("jd.channel-status").valid
    healths = {status["health"] for status in channels.values() if "health" in status}
    commands = {outcome["status"] for outcome in channels.values() if "status" in outcome}

    assert {update["status"] for update in STOCK_UPDATES.values()} == {
        *("intended", "accepted", "adjusted", "refused", "unknown")
    }
    assert {result["outcome"] for result in results.values()} == {
        *("shipped", "waiting", "refused", "conflict")
    }
    assert healths == {"live", "degraded", "paused", "inactive"}
    assert commands == {"accepted", "running", "done", "failed"}
