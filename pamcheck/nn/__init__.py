"""Networks: reverse-mode differentiation over an Arithmetic, and what is built on it."""
