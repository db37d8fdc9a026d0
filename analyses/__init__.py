"""Studies: one question a file. Each says its Claim, its Method and what it Writes."""

STUDIES = (
    "product_error",
    "quotient_error",
    "transcendental_error",
    "format_error",
    "sweeps",
    "certificates",
    "compensation",
    "gradient_bias",
    "gradient_depth",
    "gradient_steps",
    "differentiability",
    "regions",
    "claims",
    "audit",
    "mutants",
    "speed",
    "gradient_speed",
    "sweep_speed",
    "startup",
)
