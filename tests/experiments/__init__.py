"""Small programs behind decisions in docs/adr: they measure, and prove nothing that a test does not prove better."""
