"""Cases are made simple without ceasing to fail."""

from __future__ import annotations

import pytest

from pamcheck.formats import FORMATS, get_format
from pamcheck.testing.shrink import complexity, shrunk, simpler


@pytest.mark.parametrize("name", [*FORMATS, "e5m3fn", "e2m1"])
def test_what_is_put_in_place_of_a_code_is_a_code_and_ends_with_itself(name: str) -> None:
    fmt = get_format(name)
    for code in (0, 1, fmt.tiny, fmt.one, fmt.largest, fmt.sign, fmt.sign | fmt.one | 1, 2 * fmt.sign - 1):
        found = simpler(fmt, code)
        assert found[-1] == code, fmt.hex(code)
        assert all(0 <= other < 2 * fmt.sign for other in found), [fmt.hex(other) for other in found]


def test_a_carry_shrinks_to_one_and_a_half_squared() -> None:
    fmt = get_format("float32")

    def carries(case: tuple[int, ...]) -> bool:
        return sum(code & (fmt.tiny - 1) for code in case) >= fmt.tiny

    found = shrunk(fmt, (0xC57B3A91, 0x1F6C0FFE), carries)
    assert found == (0x3FC00000, 0x3FC00000), [fmt.hex(code) for code in found]


def test_a_case_that_cannot_be_simpler_stays() -> None:
    fmt = get_format("bfloat16")
    case = (0x4123, 0xC234)
    assert shrunk(fmt, case, lambda codes: codes == case) == case


def test_few_mantissa_bits_are_simpler_than_small_numbers() -> None:
    fmt = get_format("float32")
    assert complexity(fmt, (0x7F000000,)) < complexity(fmt, (0x3F800001,))
