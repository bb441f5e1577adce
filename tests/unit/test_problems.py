"""Mistakes that are told together."""

import pytest

from vrrae_bench.datasets.problems import Problems
from vrrae_bench.system.errors import UserError


def refuse(number):
    raise UserError(f"image {number} is bad")


def told_of(n) -> str:
    with pytest.raises(UserError) as caught:
        problems = Problems()
        for number in range(1, n + 1):
            with problems.kept():
                refuse(number)
        problems.refuse()
    return str(caught.value)


def test_nothing_is_told_of_no_mistake():
    problems = Problems()
    with problems.kept():
        pass
    problems.refuse()
    assert not problems


def test_one_mistake_stands_by_itself():
    assert told_of(1) == "image 1 is bad"


def test_several_are_numbered():
    assert told_of(3) == "3 problems:\n  1. image 1 is bad\n  2. image 2 is bad\n  3. image 3 is bad"


def test_ten_are_enough():
    told = told_of(12)
    assert told.startswith("10 problems or more:\n  1. image 1 is bad\n")
    assert told.endswith("\n  10. image 10 is bad")


def test_what_is_no_mistake_of_the_user_is_not_kept():
    with pytest.raises(ZeroDivisionError), Problems().kept():
        1 / 0  # noqa: B018
