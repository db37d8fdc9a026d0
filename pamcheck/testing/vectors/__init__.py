"""Test vectors: cases with the results that are right, written in several styles, and answers checked.

write(Request("pam", "bfloat16", style="readmemh"), out)
check(Request("pam", "bfloat16"), answers).passed
"""

from pamcheck.testing.vectors.checking import Mismatch, Verdict, check
from pamcheck.testing.vectors.problem import Problem
from pamcheck.testing.vectors.request import Request
from pamcheck.testing.vectors.writing import Summary, write

__all__ = ["Mismatch", "Problem", "Request", "Summary", "Verdict", "check", "write"]
