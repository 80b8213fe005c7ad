"""Rules and small parts, without servers."""
