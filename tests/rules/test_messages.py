import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import MalformedRecord
from adapter.rules.messages import read_message, require_key, unknown_fields
from adapter.wire.helm import ListingSettings, SalesChannel, Shipment, StockChange

CONTRACT = "helm.stock-changes"


def refusal(value: bytes | None) -> MalformedRecord:
    """Read a stock change that cannot be read."""
    with pytest.raises(MalformedRecord) as error:
        read_message(StockChange, value, contract=CONTRACT)
    assert CONTRACT in str(error.value) or "UTF-8" in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"sku":"A","delta":-1}', "available"),
        ('{"available":1}', "sku"),
        ('{"sku":"A","available":1.5}', "available"),
        ('{"sku":"A","available":17.0}', "available"),
        ('{"sku":"A","available":"17"}', "available"),
        ('{"sku":"A","available":true}', "available"),
        ('{"sku":"A","available":NaN}', "available"),
        ('{"sku":null,"available":1}', "sku"),
        ('{"sku":7,"available":1}', "sku"),
        ('{"sku":"A","available":1,"version":"2"}', "version"),
        ('{"sku":"A","available":1,"occurred_at":1795399200}', "occurred_at"),
        ('{"sku":"A","available":1,"occurred_at":"2026-11-23T08:00:00"}', "occurred_at"),
        ('{"sku":"A","available":1,"stock_pool":"a:b"}', "stock_pool"),
        ("null", "record"),
        ("[]", "record"),
        ('"17"', "record"),
        ("17", "record"),
    ],
)
def test_the_field_that_is_wrong_is_named(text: str, field: str) -> None:
    """A change instead of a level, a fraction, a text: whoever wrote it finds the place."""
    error = refusal(text.encode())

    assert error.field == field
    assert str(error).startswith(f"{field}: ")


def test_every_wrong_field_is_named_up_to_a_few() -> None:
    """One look at the message is enough, but a record of rubbish makes no page of text."""
    some = refusal(b'{"delta":-1}')
    parcels = [{"carrier": 1}] * 500
    with pytest.raises(MalformedRecord) as many:
        read_message(Shipment, json.dumps({"parcels": parcels}).encode(), contract="helm.shipments")

    assert "sku: " in str(some)
    assert "available: " in str(some)
    assert len(str(many.value)) < 1000


def test_what_fields_ask_of_each_other_is_said_in_plain_words() -> None:
    """The message is the rule's own, at the field that has to change."""
    shipment = {
        "channel_id": "shop",
        "channel_order_id": "C-1",
        "parcels": [{"carrier": "SF"}],
        "despatched_at": "2026-11-23T08:00:00Z",
    }
    with pytest.raises(MalformedRecord) as error:
        read_message(Shipment, json.dumps(shipment).encode(), contract="helm.shipments")

    assert error.value.field == "order_revision"
    assert str(error.value).startswith(
        "order_revision: a combined order needs the revision that was packed."
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "has no value"),
        (b"", "not JSON"),
        (b"A,17", "not JSON"),
        (b'{"sku":"A","available":1', "not JSON"),
        (b'{"sku":"\\ud800","available":1}', "not JSON"),
        ('{"sku":"红色","available":1}'.encode("gb18030"), "reads as GB18030"),
        ('{"name":"红色T恤，大"}'.encode("gbk"), "reads as GB18030"),
        ('{"name":"caf\u00e9"}'.encode("latin-1"), "must write UTF-8 JSON"),
        ('{"sku":"A"}'.encode("utf-16"), "must write UTF-8 JSON"),
        (b"\x00\xff\xfe", "must write UTF-8 JSON"),
    ],
)
def test_bytes_that_are_no_json_are_told_apart(value: bytes | None, said: str) -> None:
    """Nothing, no JSON, another encoding: each has another remedy."""
    error = refusal(value)

    assert said in str(error)
    assert error.field == ""


def test_latin_text_is_not_taken_for_gb18030() -> None:
    """The hint is given only where it fits."""
    assert "GB18030" not in str(refusal('{"name":"caf\u00e9"}'.encode("latin-1")))


@given(text=st.text(alphabet="红色大号男款短袖圆领纯棉"))
def test_chinese_in_the_old_encoding_is_recognised(text: str) -> None:
    """GBK and GB18030 are what a Chinese system writes that does not write UTF-8.

    A lone character such as 圆 may happen to be UTF-8 of another script: no reader can tell.
    """
    value = json.dumps({"sku": f"红{text}", "available": 1}, ensure_ascii=False).encode("gb18030")

    assert "reads as GB18030" in str(refusal(value))


@given(value=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    """Nothing that somebody may write raises another error."""
    with contextlib.suppress(MalformedRecord):
        message = read_message(StockChange, value, contract=CONTRACT)

        assert message.sku


def test_a_message_never_repeats_values() -> None:
    """They may be secrets, or a buyer's."""
    value = b'{"name": 7, "credentials": {"sealed": 31337}, "stock_buffer": "geheim"}'
    with pytest.raises(MalformedRecord) as error:
        read_message(SalesChannel, value, contract="helm.sales-channels")

    assert "geheim" not in str(error.value)
    assert "31337" not in str(error.value)


def test_unknown_fields_are_counted_and_do_no_harm() -> None:
    """A later Helm may say more."""
    value = b'{"sku":"A","available":1,"bin":"7","shelf":{"row":2}}'

    assert unknown_fields(read_message(StockChange, value, contract=CONTRACT)) == 2
    assert unknown_fields(StockChange(sku="A", available=1)) == 0


def test_a_table_record_lies_under_the_key_of_its_fields() -> None:
    """Under another key compaction would keep both."""
    settings = ListingSettings(channel_id="shop", sku_id="100")
    expected = f"{settings.channel_id}:{settings.sku_id}"
    require_key(b"shop:100", expected)

    for key in (b"shop:101", b"shop", b"", None, b"\xff"):
        with pytest.raises(MalformedRecord) as error:
            require_key(key, expected)
        assert error.value.field == "key"
        assert expected in str(error.value)
