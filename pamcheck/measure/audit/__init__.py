"""The proof that nothing multiplies: machine code of every kernel, instruction by instruction."""
