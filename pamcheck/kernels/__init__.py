"""Operations on codes: scalar integer bodies, and the compiled loops that run them over arrays."""
