"""The console in a real browser: what a buyer, JD's staff and a developer do and see."""

import json
import urllib.parse
import urllib.request
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from jd_simulator.clock import beijing_text
from jd_simulator.shop.model import State
from jd_simulator.testing import SandboxHandle
from jd_simulator.wire import JSON_NAME, signature

pytestmark = pytest.mark.slow

GET = "jingdong.pop.order.get"


def ask(shop: SandboxHandle, order_id: int) -> None:
    """Read an order as a seller's program would, whatever is answered."""
    parameters = {
        "method": GET,
        "app_key": shop.app_key,
        "access_token": shop.access_token,
        "timestamp": beijing_text(int(shop.clock.now())),
        "v": "2.0",
        JSON_NAME: json.dumps({"order_id": order_id, "optional_fields": "orderId"}),
    }
    parameters["sign"] = signature(shop.app_secret, parameters)
    body = urllib.parse.urlencode(parameters).encode()
    with urllib.request.urlopen(f"{shop.endpoint}/routerjson", body, timeout=10):  # noqa: S310 - the simulator of this test
        pass


def open_order(page: Page, order_id: int) -> None:
    """Open an order's row."""
    page.locator("#order-list summary", has_text=str(order_id)).click()


def test_a_placed_order_appears(page: Page, shop: SandboxHandle) -> None:
    """A buyer's order is there a moment later, with its state in both languages."""
    page.get_by_role("textbox", name="Remark").fill("请尽快发货")
    page.get_by_role("spinbutton", name="Units").fill("3")
    page.get_by_role("button", name="Place order").click()

    row = page.locator("#order-list > li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Waiting for dispatch 等待出库")
    (order,) = shop.orders()
    assert (order.lines[0].quantity, order.purchase.remark) == (3, "请尽快发货")
    expect(page.get_by_role("status").filter(has_text=str(order.order_id))).to_be_visible()


def test_what_others_do_appears_by_itself(page: Page, shop: SandboxHandle) -> None:
    """Nobody has to reload: an order, its change, and a call come by themselves."""
    order = shop.place_order([("TEE-RED-M", 1)])
    expect(page.locator("#order-list > li")).to_contain_text("Waiting for dispatch")
    shop.lock(order.order_id)
    ask(shop, order.order_id)

    expect(page.locator("#order-list > li")).to_contain_text("Locked 已锁定")
    expect(page.locator("#call-list > li")).to_contain_text("pop.order.get")
    expect(page.locator("#call-list > li")).to_contain_text("OK 成功")


def test_an_order_is_paid_held_and_cancelled(page: Page, shop: SandboxHandle) -> None:
    """Only what its state allows is offered."""
    order = shop.place_order([("TEE-RED-M", 1)], paid=False)
    open_order(page, order.order_id)
    expect(page.get_by_role("button", name="Lock")).to_have_count(0)
    for button, state in (
        ("Pay", State.TO_SHIP),
        ("Lock", State.LOCKED),
        ("Unlock", State.TO_SHIP),
        ("Pause", State.PAUSED),
        ("Resume", State.TO_SHIP),
        ("Readdress", State.TO_SHIP),
        ("Cancel", State.CANCELLED),
    ):
        page.locator("#order-list").get_by_role("button", name=button).click()
        expect(page.locator("#order-list code", has_text=state)).to_be_visible()

    causes = [change.cause for change in shop.order(order.order_id).changes]
    assert causes == ["place", "pay", "lock", "unlock", "pause", "unpause", "readdress", "cancel"]


def test_jd_ships_what_is_its_own_and_it_comes_back(page: Page, shop: SandboxHandle) -> None:
    """JD's own orders alone offer that; on its way an order may come back."""
    sellers = shop.place_order([("TEE-RED-M", 1)])
    page.get_by_role("checkbox", name="shipped by JD").check()
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("#order-list > li")).to_have_count(2)
    jds = shop.orders()[-1]
    for order in (sellers, jds):
        open_order(page, order.order_id)
    buttons = page.locator("#order-list").get_by_role("button", name="Ship by JD")
    expect(buttons).to_have_count(1)
    buttons.click()
    page.locator("#order-list").get_by_role("button", name="Bring back").click()

    expect(page.locator("#order-list")).to_contain_text("Returned in delivery 配送退货")
    assert [change.cause for change in jds.changes] == ["place", "ship by jd", "bring back"]


def test_a_voucher_waits_for_its_code(page: Page, shop: SandboxHandle) -> None:
    """With the code the order is finished."""
    page.get_by_role("checkbox", name="voucher").check()
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("#order-list > li")).to_contain_text("Waiting for a code 等待发码")
    (order,) = shop.orders()
    open_order(page, order.order_id)
    page.locator("#order-list").get_by_role("button", name="Send code").click()

    expect(page.locator("#order-list > li")).to_contain_text("Finished 完成")
    assert order.state is State.FINISHED


def test_a_refund_is_asked_for_and_approved(page: Page, shop: SandboxHandle) -> None:
    """The buyer asks, the order is locked, JD's staff decide."""
    order = shop.place_order([("TEE-RED-M", 1)])
    open_order(page, order.order_id)
    page.get_by_role("button", name="Ask for refund").click()
    page.get_by_role("button", name="Approve refund").click()

    expect(page.locator("#order-list > li")).to_contain_text("Cancelled 取消")
    assert shop.order(order.order_id).state is State.CANCELLED


def test_a_split_order_makes_room_for_its_children(page: Page, shop: SandboxHandle) -> None:
    """The children are there, and the parent says so."""
    order = shop.place_order([("TEE-RED-M", 1), ("TEE-RED-L", 2)])
    open_order(page, order.order_id)
    page.get_by_role("button", name="Split").click()

    expect(page.locator("#order-list > li")).to_have_count(3)
    expect(page.locator("#order-list > li", has_text=str(order.order_id)).first).to_be_visible()
    expect(page.locator("#order-list")).to_contain_text("Split 已拆单")


def test_an_expired_token_is_seen_in_the_journal(page: Page, shop: SandboxHandle) -> None:
    """The next call is refused with JD's 19, in JD's own words."""
    page.get_by_role("button", name="Expire token").click()
    expect(page.locator("#credentials")).to_contain_text("expired 已过期")
    ask(shop, 1)

    row = page.locator("#call-list > li")
    expect(row).to_contain_text("19")
    row.locator("summary").click()
    expect(row).to_contain_text("token ✗")


def test_a_fault_hits_and_the_journal_shows_it(page: Page, shop: SandboxHandle) -> None:
    """What was ordered happens, and it says which rule it was."""
    form = page.locator("#add-fault")
    form.get_by_role("combobox", name="Failure").select_option("jd_error")
    form.get_by_role("combobox", name="JD's code").select_option("1")
    form.get_by_role("combobox", name="Method").select_option(GET)
    form.get_by_role("spinbutton", name="times").fill("1")
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#rule-list > li")).to_have_count(1)
    ask(shop, 1)

    expect(page.locator("#call-list > li")).to_contain_text("fault: jd_error")
    expect(page.locator("#call-list > li")).to_contain_text("服务不可用")
    expect(page.locator("#rule-list > li")).to_contain_text("1 hit of 1")
    page.get_by_role("button", name="End all faults").click()
    expect(page.locator("#rule-list > li")).to_have_count(0)


def test_the_clock_is_frozen_and_advanced(page: Page, shop: SandboxHandle) -> None:
    """The page shows the sandbox's time, not the machine's."""
    before = shop.clock.now()
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("button", name="Frozen")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="+1 day").click()
    expect(page.locator("#notice")).to_contain_text("+1 day")

    assert shop.clock.speed == 0
    assert shop.clock.now() - before >= 86_400
    expect(page.locator("#now")).to_have_text(beijing_text(int(shop.clock.now())))


def test_stock_is_set_behind_the_sellers_back(page: Page, shop: SandboxHandle) -> None:
    """Found by its code, changed in place."""
    page.get_by_role("searchbox").fill("TEE-RED-L")
    row = page.locator("#sku-list > li")
    expect(row).to_have_count(1)
    row.locator("summary").click()
    row.get_by_role("spinbutton").fill("7")
    row.get_by_role("button", name="Set stock").click()

    expect(row).to_contain_text("7 / 7")
    assert shop.sku("TEE-RED-L").stock_num == 7


def test_what_the_shop_refuses_is_told(page: Page) -> None:
    """An alert names the field and the reason."""
    page.get_by_role("spinbutton", name="Units").fill("101")
    page.get_by_role("button", name="Place order").click()

    expect(page.get_by_role("alert")).to_contain_text("100 of")


def test_a_new_sandbox_is_made_and_chosen(page: Page, shop: SandboxHandle) -> None:
    """Its shop is shown, and its address can be shared."""
    page.get_by_text("New sandbox").click()
    page.locator("#create").get_by_role("spinbutton", name="Orders").fill("4")
    page.locator("#create").get_by_role("button", name="Make").click()

    expect(page.locator("#order-list > li")).to_have_count(4)
    assert f"sandbox={shop.sandbox_id}" not in page.url


def test_texts_of_a_shop_never_become_markup(page: Page, shop: SandboxHandle) -> None:
    """A hostile title and remark are shown as they are."""
    hostile = (
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    )
    sku = shop.add_sku(title=hostile, outer_id="<b>EVIL</b>", stock_num=5)
    order = shop.place_order([(sku.sku_id, 1)], remark=hostile, buyer="<i>buyer</i>")
    open_order(page, order.order_id)

    expect(page.locator("#order-list > li")).to_contain_text("<b>EVIL</b>")
    expect(page.locator("#order-list .body")).to_contain_text(hostile)
    assert page.locator("main img, main script, main b, main i").count() == 0
    assert page.title() == "JD simulator"


def test_everything_can_be_done_with_the_keyboard(page: Page, shop: SandboxHandle) -> None:
    """Place an order, open it, lock it: Tab, typing, Enter and Space alone."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the shop")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    row = page.locator("#order-list > li")
    expect(row).to_have_count(1)
    summary = row.locator("summary")
    _tab_to(page, "#order-list summary")
    page.keyboard.press("Enter")
    _tab_to(page, "#order-list button:has-text('Lock')")
    page.keyboard.press("Space")

    expect(row).to_contain_text("Locked 已锁定")
    (order,) = shop.orders()
    assert (order.state, order.lines[0].quantity) == (State.LOCKED, 2)
    # The button that was pressed is gone; the focus stays in the row.
    expect(summary).to_be_focused()


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, which must be seen."""
    for _ in range(60):
        if page.locator(selector).first.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {selector}")


@pytest.mark.parametrize("width", [320, 375, 768, 1440])
def test_no_width_scrolls_sideways(page: Page, shop: SandboxHandle, width: int) -> None:
    """Not even with everything open and the longest texts."""
    order = shop.place_order([("TEE-RED-M", 1)], remark="很长的备注" * 60, buyer="b" * 100)
    ask(shop, order.order_id)
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator("#call-list > li")).to_have_count(1)
    for row in ("#order-list", "#call-list", "#sku-list"):
        page.locator(f"{row} summary").first.click()
    page.get_by_text("New sandbox").click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_chinese_is_rendered(page: Page) -> None:
    """Two characters look different: neither is the box that stands for what no font has."""
    drawn = page.evaluate(
        """() => [...'订单京\\u{10FFFE}'].map((character) => {
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 40;
            const pen = canvas.getContext('2d');
            pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
            pen.fillText(character, 2, 32);
            return canvas.toDataURL();
        })"""
    )

    assert len(set(drawn)) == len(drawn), "no font for Chinese: install fonts-noto-cjk"
    expect(page.locator("h1")).to_contain_text("京东模拟器")


def test_headings_labels_and_names_are_there(page: Page) -> None:
    """Every control has a name, every heading its place: what a screen reader goes by."""
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select')]
            .filter((control) => !control.closest('[hidden]'))
            .filter((control) => !(control.labels?.length || control.textContent.trim()
                || control.getAttribute('aria-label')))
            .map((control) => control.outerHTML)"""
    )
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3')].map((h) => Number(h.tagName[1]))"
    )

    assert unnamed == []
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    browser: Browser, shop: SandboxHandle, scheme: str
) -> None:
    """At least 4.5 : 1 in both colour schemes, as WCAG asks of small text."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(f"{shop.endpoint}/?sandbox={shop.sandbox_id}")
    page.locator("#sku-list > li").first.wait_for()
    weakest = page.evaluate(CONTRAST)
    context.close()

    assert weakest >= 4.5


CONTRAST = """() => {
    const read = (name) => {
        const probe = document.createElement('i');
        probe.style.color = `var(--${name})`;
        document.body.append(probe);
        const parts = getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
        probe.remove();
        const [r, g, b] = parts.map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [a, b] = [read(one), read(other)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const pairs = ['text', 'quiet'].flatMap((ink) => ['ground', 'panel', 'raised']
        .map((ground) => [ink, ground]));
    for (const kind of ['good', 'warn', 'bad', 'info']) pairs.push([kind, `${kind}-ground`]);
    pairs.push(['accent', 'panel'], ['accent', 'raised'], ['on-accent', 'accent']);
    pairs.push(['bad', 'raised']);
    return Math.min(...pairs.map(([ink, ground]) => contrast(ink, ground)));
}"""
"""The weakest contrast among the pairs of colours that the style sheet puts together."""
