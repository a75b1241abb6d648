"""The loader hands out whole, fresh and self-contained contracts."""

import pytest

import contracts


def test_what_is_loaded_belongs_to_the_caller() -> None:
    """A caller may change what it got; the next one gets the file's content."""
    first = contracts.jd_method("pop.order.search")
    first.request_schema.clear()

    assert contracts.jd_method("pop.order.search").request_schema["type"] == "object"


def test_a_schema_carries_only_the_definitions_it_needs() -> None:
    """Definitions of other files come along when referred to, directly or not, and else stay."""
    definitions = contracts.jd_method("pop.order.search").response_schema["$defs"]

    assert {"envelope", "order", "receiver", "money", "error_body"} <= set(definitions)
    assert "sku" not in definitions


def test_an_example_is_known_by_its_name_without_kind_and_suffix() -> None:
    """The file examples/request-full.json is the request example full."""
    contract = contracts.jd_method("ware.stock.sku.set")

    assert contract.request_examples["full"]["req"]["updateModel"] == "fullStockIn"
    assert "success-receipt-lists-all" in contract.response_examples


def test_an_unknown_method_is_an_error() -> None:
    """A misspelt name is told at once."""
    with pytest.raises(FileNotFoundError):
        contracts.jd_method("pop.order.serach")


def test_one_file_can_be_loaded_by_its_place() -> None:
    """Whatever has no function of its own is reached by folder and name."""
    assert contracts.load_json("jd", "order-states.json")["states"]
