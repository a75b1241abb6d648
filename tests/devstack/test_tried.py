"""Tests are found by what they name, directly or through their module."""

from pathlib import Path

from devstack.tried import read_tests, trying

MODULE = """
METHOD = "jingdong.a.b"
OTHER: str = "jingdong.c.d"
def helper(shop):
    return call(shop, METHOD, page_size="10")
def fixture_of_shop():
    return {"stock": 7}
def test_one(fixture_of_shop):
    helper(fixture_of_shop)
@parametrize("code", ["60", 61])
async def test_two(code):
    call(OTHER, "x,y")
"""


def test_a_test_names_what_it_reaches(tmp_path: Path) -> None:
    """Constants, helpers, fixtures, keywords, numbers and the parts of lists."""
    (tmp_path / "test_module.py").write_text(MODULE)
    one, two = read_tests(tmp_path)

    assert {"jingdong.a.b", "page_size", "10", "stock", "7"} <= one.named
    assert "jingdong.c.d" not in one.named
    assert {"jingdong.c.d", "60", "61", "x", "y"} <= two.named


def test_tests_are_found_by_all_that_they_name(tmp_path: Path) -> None:
    """Every text must be there."""
    (tmp_path / "test_module.py").write_text(MODULE)
    cases = read_tests(tmp_path)

    assert [case.name for case in trying(cases, "jingdong.a.b", "stock")] == ["test_one"]
    assert trying(cases, "jingdong.a.b", "60") == []
