"""The whole system as its user meets it."""
