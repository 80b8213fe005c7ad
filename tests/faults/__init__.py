"""Processes are killed while work is in hand: run by `make faults`."""
