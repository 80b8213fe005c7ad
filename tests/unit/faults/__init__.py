"""The fault runner: its rules."""
