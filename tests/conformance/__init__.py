"""Data with known answers, read in place."""
