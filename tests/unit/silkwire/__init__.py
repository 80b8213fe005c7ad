"""The local system: its small parts."""
