"""Behaviours that every implementation of a port must show, shared by its fakes and its real adapters."""
