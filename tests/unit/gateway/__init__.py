"""Gateway's rules, without a network."""
