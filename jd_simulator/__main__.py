"""The command `jd-simulator`."""

import asyncio
import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from jd_simulator.app import listening
from jd_simulator.settings import Settings
from jd_simulator.simulator import DEMO, Simulator

DEMO_ORDERS = 30
"""Orders of the last two days in the demo sandbox: a first search finds something."""

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@cli.callback()
def about() -> None:
    """A JD.com shop on localhost, true to the wire, to develop and test against."""


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.", min=0, max=65535)] = 8790,
    seed: Annotated[int, typer.Option(help="Everything made up follows from it.", min=0)] = 1,
) -> None:
    """Serve JD's gateway and the control room until Ctrl-C or SIGTERM."""
    try:
        asyncio.run(_serve(host, port, seed))
    except OSError as error:
        typer.echo(f"jd-simulator: cannot listen on {host}:{port}: {error.strerror}", err=True)
        typer.echo("Is another one running? Choose another port with --port.", err=True)
        raise typer.Exit(1) from None


async def _serve(host: str, port: int, seed: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    simulator = Simulator(seed=seed, demo=Settings(seed=seed, order_count=DEMO_ORDERS))
    async with listening(simulator, host=host, port=port) as endpoint:
        console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        console.print(f"[bold]JD.com simulator[/] at {endpoint}/routerjson")
        console.print(
            f"sandbox {DEMO.sandbox_id}: app_key {DEMO.app_key}, secret {DEMO.app_secret}, "
            f"token {DEMO.access_token}"
        )
        console.print(f"control room: {endpoint}/_simulator/sandboxes/{DEMO.sandbox_id}/orders")
        await stop.wait()


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
