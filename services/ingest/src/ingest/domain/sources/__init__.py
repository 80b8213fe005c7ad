"""What a source is, and the lists they come in."""
