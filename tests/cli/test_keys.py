"""`helm-jd keys`."""

import json

from pydantic import SecretStr

from adapter.rules.channels import public_key_of
from tests.cli.calling import HelmJd


def test_a_new_pair_is_printed_as_settings(helm_jd: HelmJd) -> None:
    """The lines can go into a `.env` file as they are; the explanation is not among them."""
    result = helm_jd("keys", "new")

    pair = dict(line.split("=", 1) for line in result.stdout.splitlines())

    assert result.exit_code == 0
    assert pair.keys() == {"HELM_JD_PRIVATE_KEYS", "HELM_JD_PUBLIC_KEY"}
    assert public_key_of(SecretStr(pair["HELM_JD_PRIVATE_KEYS"])) == pair["HELM_JD_PUBLIC_KEY"]
    assert "keep it secret" in result.stderr


def test_as_json_a_pair_is_one_document(helm_jd: HelmJd) -> None:
    """No pair is ever printed twice."""
    one = json.loads(helm_jd("keys", "new", "--json").stdout)
    other = json.loads(helm_jd("keys", "new", "--json").stdout)

    assert public_key_of(SecretStr(one["private_key"])) == one["public_key"]
    assert one != other
