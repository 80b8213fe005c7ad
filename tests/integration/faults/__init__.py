"""The fault runner: its tools."""
