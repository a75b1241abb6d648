"""The tables beside the methods: facts, error codes, refusals, states, carriers."""

from typing import get_args

import pytest

import contracts

STRENGTHS = set(get_args(contracts.Strength))
METHODS = contracts.jd_methods()
PLATFORM_CODES = {
    *range(1, 16),
    *range(18, 26),
    *(28, 43, 50),
    *range(60, 76),
    *(77, 78, 79, 80),
    *range(83, 93),
}
ACTS = {
    "retry": {1, 43, 65, 66, 67, 69, 70, 78},
    "daily_quota": {2},
    "credentials": {11, 12, 18, 19, 20, 21},
    "scope": {24},
    "clock": {8},
    "channel": {3, 9, 10, 22, 25, 64, 71, 72, 73, 74, 75, 79, 80, *range(83, 93)},
    "bug": {4, 5, 6, 7, 13, 14, 15, 23, 28, 50, 62, 63, 68, 77},
    "record": {60, 61},
}
CREDENTIALS = {
    "api_secret": {"11", "12"},
    "access_token": {"18", "19"},
    "api_key": {"20", "21"},
}


def test_the_methods_of_the_integration_have_contracts() -> None:
    """Each method has its folder, found by its short name."""
    names = {name: contracts.jd_method(name).full_name for name in METHODS}

    assert names == {
        "jos.order.oaid.merge": "jingdong.jos.order.oaid.merge",
        "order.sop.outstorage": "360buy.order.sop.outstorage",
        "order.sop.waybill.update": "360buy.order.sop.waybill.update",
        "overseas.order.sop.delivery": "360buy.overseas.order.sop.delivery",
        "overseas.order.sop.outstorage": "360buy.overseas.order.sop.outstorage",
        "pop.afs.soa.refundapply.queryPageList": "jingdong.pop.afs.soa.refundapply.queryPageList",
        "pop.order.enGet": "jingdong.pop.order.enGet",
        "pop.order.enSearch": "jingdong.pop.order.enSearch",
        "pop.order.get": "jingdong.pop.order.get",
        "pop.order.modifyVenderRemark": "jingdong.pop.order.modifyVenderRemark",
        "pop.order.notPayOrderInfo": "jingdong.pop.order.notPayOrderInfo",
        "pop.order.partial.outship": "jingdong.pop.order.partial.outship",
        "pop.order.partialship.judge": "jingdong.pop.order.partialship.judge",
        "pop.order.search": "jingdong.pop.order.search",
        "pop.order.shipment": "jingdong.pop.order.shipment",
        "sku.read.findSkuById": "jingdong.sku.read.findSkuById",
        "sku.read.searchSkuList": "jingdong.sku.read.searchSkuList",
        "stock.read.findSkuStock": "jingdong.stock.read.findSkuStock",
        "stock.write.updateSkuStock": "jingdong.stock.write.updateSkuStock",
        "vender.all.delivery.company": "360buy.get.vender.all.delivery.company",
        "ware.read.searchWare4Valid": "jingdong.ware.read.searchWare4Valid",
        "ware.stock.sku.query": "jingdong.ware.stock.sku.query",
        "ware.stock.sku.set": "jingdong.ware.stock.sku.set",
    }


@pytest.mark.parametrize("name", METHODS)
def test_every_fact_has_a_strength(name: str) -> None:
    """Nothing is claimed of a method without saying how sure it is."""
    facts = contracts.jd_method(name).facts

    assert facts
    assert len({fact.fact for fact in facts}) == len(facts)
    for fact in facts:
        assert fact.fact.endswith(".")
        assert fact.strength in STRENGTHS


@pytest.mark.parametrize(
    "name", [name for name in METHODS if name != "vender.all.delivery.company"]
)
def test_an_envelope_is_named_after_its_method(name: str) -> None:
    """Dots become underscores, case is kept; 360buy drops its prefix and spells response right."""
    contract = contracts.jd_method(name)
    whole = contract.full_name.replace(".", "_")

    if contract.full_name.startswith("360buy."):
        assert contract.envelope == whole.removeprefix("360buy_") + "_response"
        assert contract.tolerated_envelopes == (whole + "_response", whole + "_responce")
    else:
        assert contract.envelope == whole + "_responce"
        assert contract.tolerated_envelopes == ()


def test_no_method_hides_behind_a_shorter_name() -> None:
    """Who finds a method's refusals by the end of its name finds its own first."""
    listed = list(contracts.load_json("jd", "business-errors.json")["methods"])
    first = {
        name: next(other for other in listed if contracts.jd_method(name).full_name.endswith(other))
        for name in METHODS
    }

    assert set(listed) == set(METHODS)
    assert first == {name: name for name in METHODS}


@pytest.mark.parametrize("name", METHODS)
def test_what_calls_may_be_repeated_is_said(name: str) -> None:
    """Reads may always be repeated; each write says whether it may."""
    contract = contracts.jd_method(name)

    assert contract.effect in {"read", "write"}
    assert (contract.idempotent == "yes") is (contract.effect == "read")


def test_every_platform_code_is_in_the_table() -> None:
    """The table of codes is complete and holds no other."""
    codes = contracts.jd_error_codes()
    listed = contracts.load_json("jd", "error-codes.json")["codes"]

    assert set(codes) == {str(code) for code in PLATFORM_CODES}
    assert len(codes) == len(listed) == 56


@pytest.mark.parametrize("act", ACTS)
def test_every_platform_code_says_who_acts(act: str) -> None:
    """Each code leads to one decision."""
    codes = contracts.jd_error_codes().values()

    assert {int(code.code) for code in codes if code.act == act} == ACTS[act]


def test_every_platform_code_is_explained() -> None:
    """A code has both languages, a meaning, a remedy in sentences and two strengths."""
    for code in contracts.jd_error_codes().values():
        assert not code.zh.isascii() or code.code == "13", code
        assert code.en.isascii(), code
        assert code.meaning.endswith("."), code
        assert code.remedy.endswith("."), code
        assert {code.strength, code.wording} <= STRENGTHS


def test_a_credentials_code_names_the_field() -> None:
    """Who reads "wrong credentials" is told which of them."""
    named: dict[str | None, set[str]] = {}
    for code in contracts.jd_error_codes().values():
        named.setdefault(code.field, set()).add(code.code)
    del named[None]

    assert named == CREDENTIALS


def test_the_refusals_of_a_shipment_are_known_by_number() -> None:
    """Numbers decide: try again, compare the waybill, or give the record up."""
    acts = {error.code: error.act for error in contracts.jd_business_errors("pop.order.shipment")}

    assert acts == {
        "999999": "retry",
        "99999999": "retry",
        "10400001": "read_back",
        "10100021": "record",
        "10500001": "record",
        "10100022": "record",
        "10100023": "record",
    }


@pytest.mark.parametrize("name", METHODS)
def test_every_refusal_is_explained(name: str) -> None:
    """A refusal has both languages, a meaning, a remedy in sentences and two strengths."""
    for error in contracts.jd_business_errors(name):
        assert not error.zh.isascii()
        assert error.en.isascii()
        assert error.meaning.endswith(".")
        assert error.remedy.endswith(".")
        assert error.act in {"retry", "read_back", "record", "channel"}
        assert {error.strength, error.wording} <= STRENGTHS


def test_order_states_lead_to_known_states() -> None:
    """Transitions stay within the table; a terminal state has none."""
    states = contracts.jd_order_states()

    assert {name for name, state in states.items() if not state.is_searchable} == {"NOT_PAY"}
    for state in states.values():
        assert set(state.transitions) <= set(states) - {state.state}
        assert set(state.assumed_transitions) <= set(state.transitions)
        assert not (state.is_terminal and state.transitions)
        assert {state.strength, state.wording} <= STRENGTHS


def test_an_order_in_any_state_can_end() -> None:
    """From every known state some way leads to a terminal one."""
    states = contracts.jd_order_states()
    ending = {name for name, state in states.items() if state.is_terminal}
    for _ in states:
        ending |= {name for name, state in states.items() if ending & set(state.transitions)}

    assert ending == set(states)


def test_a_carrier_is_found_by_any_of_its_names() -> None:
    """Numbers are unique, and no name means two carriers."""
    carriers = contracts.jd_carriers()
    names = [name.casefold() for carrier in carriers for name in {carrier.zh, *carrier.names}]

    assert len({carrier.id for carrier in carriers}) == len(carriers) == 12
    assert len({carrier.zh for carrier in carriers}) == len(carriers)
    assert len(names) == len(set(names))
    assert {"sf express", "zto", "顺丰", "own delivery"} <= set(names)
