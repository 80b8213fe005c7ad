"""The local system: its backing servers."""
