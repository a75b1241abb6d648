"""How tests call the command line."""

from collections.abc import Callable

from typer.testing import Result

HelmJd = Callable[..., Result]
"""Arguments in order, `typed` for standard input, variables of the environment by name."""
