"""Bytes of an answer to the text that is really there: unpacked within bounds, in whatever encoding they are."""
