"""The command `jd-simulator`."""

import asyncio
import signal
from typing import Annotated

import typer

from jd_simulator.app import listening
from jd_simulator.scenario import Scenario, ScenarioError, load_scenario, scenario_settings
from jd_simulator.shop.orders import NotForSale
from jd_simulator.simulator import DEMO, Simulator

DEMO_ORDERS = 30
"""Orders of the last two days in the demo sandbox: a first search finds something."""
_ORDINARY = Scenario(
    about="What the demo sandbox is without a scenario.", settings={"order_count": DEMO_ORDERS}
)

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@cli.callback()
def about() -> None:
    """A JD.com shop on localhost, true to the wire, to develop and test against."""


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.", min=0, max=65535)] = 8790,
    seed: Annotated[int, typer.Option(help="Everything made up follows from it.", min=0)] = 1,
    scenario: Annotated[
        str | None, typer.Option(help="How the demo sandbox begins: a named scenario, or a file.")
    ] = None,
) -> None:
    """Serve JD's gateway and the control room until Ctrl-C or SIGTERM."""
    try:
        begin = _ORDINARY if scenario is None else load_scenario(scenario)
        asyncio.run(_serve(host, port, seed, begin))
    except ScenarioError as error:
        typer.echo(f"jd-simulator: {error}", err=True)
        raise typer.Exit(2) from None
    except NotForSale as error:
        typer.echo(f"jd-simulator: {scenario}: with this seed, orders.{error}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"jd-simulator: cannot listen on {host}:{port}: {error.strerror}", err=True)
        typer.echo("Is another one running? Choose another port with --port.", err=True)
        raise typer.Exit(1) from None


async def _serve(host: str, port: int, seed: int, scenario: Scenario) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    demo = scenario_settings(scenario, {"seed": seed}, {})
    simulator = Simulator(seed=seed, demo=demo, scenario=scenario)
    async with listening(simulator, host=host, port=port) as endpoint:
        typer.echo(f"{typer.style('JD.com simulator', bold=True)} at {endpoint}/routerjson")
        typer.echo(
            f"sandbox {DEMO.sandbox_id}: app_key {DEMO.app_key}, secret {DEMO.app_secret}, "
            f"token {DEMO.access_token}"
        )
        typer.echo(f"console: {endpoint}/  control room: {endpoint}/_simulator/openapi.json")
        await stop.wait()


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
