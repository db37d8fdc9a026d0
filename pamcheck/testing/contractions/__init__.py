"""Checking someone else's matrix product and sums: in the canonical order to the bit, or in any order."""

from pamcheck.testing.contractions.checks import check_matmul, check_matmul_vjp, check_sum

__all__ = ["check_matmul", "check_matmul_vjp", "check_sum"]
