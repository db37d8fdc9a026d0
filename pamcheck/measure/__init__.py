"""Measuring how far an operation is from what it approximates."""
