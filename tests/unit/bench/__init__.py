"""What the benches stand on: generated news and the committed queries."""
