"""Every operand of an operation, against an oracle of its own and against the true function, in one pass."""
