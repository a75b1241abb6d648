"""A browser on the console of a running simulator.

Playwright's synchronous API keeps an event loop of its own in this thread as long as it is open,
so it is opened once a module, and the modules here hold no asynchronous tests.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from devstack.chromium import ARGUMENTS, HOW_TO, find_chromium
from jd_simulator.testing import SandboxHandle, SimulatorHandle, serve_in_thread


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the Chromium of this machine; without one skip, but fail under `CI=true`."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"CI=true demands a Chromium: {HOW_TO}", pytrace=False)
        pytest.skip(f"no Chromium on this machine: {HOW_TO}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorHandle]:
    """Run one simulator for the module; each test has a sandbox of its own."""
    with serve_in_thread() as simulator:
        yield simulator


@pytest.fixture
def shop(running: SimulatorHandle) -> SandboxHandle:
    """Make a small shop with 100 of everything and no orders."""
    return running.create_sandbox(seed=7, sku_count=20, initial_stock=100)


@pytest.fixture
def page(browser: Browser, shop: SandboxHandle) -> Iterator[Page]:
    """Open the console on the shop; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            # The browser itself logs each refusal of the control room; the page shows it.
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    opened.goto(f"{shop.endpoint}/?sandbox={shop.sandbox_id}")
    opened.locator("#live.on").wait_for()
    opened.locator("#sku-list > li").first.wait_for()
    yield opened
    context.close()

    assert complaints == []
