"""`helm-jd keys`: the keys that seal channels' credentials."""

import typer

from adapter.cli.output import AsJson, note, print_json, say
from adapter.rules.channels import new_key

app = typer.Typer(name="keys", no_args_is_help=True, help="Keys that seal channels' credentials.")


@app.callback()
def _keys() -> None:
    """Keep `new` a command of its own, though it is the only one."""


@app.command()
def new(*, as_json: AsJson = False) -> None:
    """Make a pair of keys: the private one for the adapter, the public one for who seals."""
    private_key, public_key = new_key()
    if as_json:
        print_json({"private_key": private_key.get_secret_value(), "public_key": public_key})
        return
    say(f"HELM_JD_PRIVATE_KEYS={private_key.get_secret_value()}")
    say(f"HELM_JD_PUBLIC_KEY={public_key}")
    note(
        "The private key is the adapter's: keep it secret, for it opens every channel's "
        "credentials. The public key is for whoever writes channels. To change keys, put the "
        "new private key before the former ones, comma separated."
    )
