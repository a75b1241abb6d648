"""The command `jd-simulator`.

It reads its options with argparse: typer would be a third of the time until the first answer.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence

from jd_simulator.app import listening
from jd_simulator.scenario import Scenario, ScenarioError, load_scenario, scenario_settings
from jd_simulator.shop.orders import NotForSale
from jd_simulator.simulator import DEMO, Simulator

DEMO_ORDERS = 30
"""Orders of the last two days in the demo sandbox: a first search finds something."""
_ORDINARY = Scenario(
    about="What the demo sandbox is without a scenario.", settings={"order_count": DEMO_ORDERS}
)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="jd-simulator",
        description="A JD.com shop on localhost, true to the wire, to develop and test against.",
    )
    serve = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "serve",
        help="serve JD's gateway and the control room",
        description="Serve JD's gateway and the control room until Ctrl-C or SIGTERM.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument(
        "--port", default=8790, type=_integer(0, 65535), help="port; 0 picks a free one"
    )
    serve.add_argument(
        "--seed", default=1, type=_integer(0), help="everything made up follows from it"
    )
    serve.add_argument(
        "--scenario", help="how the demo sandbox begins: a named scenario, or a file"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: What follows the program's name; None: those of the process.

    Raises:
        SystemExit: 2, it was called wrongly; 1, it cannot listen.
    """
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        begin = _ORDINARY if options.scenario is None else load_scenario(options.scenario)
        asyncio.run(_serve(options.host, options.port, options.seed, begin))
    except ScenarioError as error:
        parser.exit(2, f"jd-simulator: {error}\n")
    except NotForSale as error:
        parser.exit(2, f"jd-simulator: {options.scenario}: with this seed, orders.{error}\n")
    except OSError as error:
        parser.exit(
            1,
            f"jd-simulator: cannot listen on {options.host}:{options.port}: {error.strerror}\n"
            "Is another one running? Choose another port with --port.\n",
        )


async def _serve(host: str, port: int, seed: int, scenario: Scenario) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    demo = scenario_settings(scenario, {"seed": seed}, {})
    simulator = Simulator(seed=seed, demo=demo, scenario=scenario)
    async with listening(simulator, host=host, port=port) as endpoint:
        sys.stdout.write(
            f"JD.com simulator at {endpoint}/routerjson\n"
            f"sandbox {DEMO.sandbox_id}: app_key {DEMO.app_key}, secret {DEMO.app_secret}, "
            f"token {DEMO.access_token}\n"
            f"console: {endpoint}/  control room: {endpoint}/_simulator/openapi.json\n"
        )
        sys.stdout.flush()
        await stop.wait()


def _integer(low: int, high: int | None = None) -> Callable[[str], int]:
    def integer(text: str) -> int:
        number = int(text)
        if number < low or (high is not None and number > high):
            message = f"{number} is not " + (
                f"at least {low}" if high is None else f"{low} to {high}"
            )
            raise argparse.ArgumentTypeError(message)
        return number

    return integer


if __name__ == "__main__":
    main()
