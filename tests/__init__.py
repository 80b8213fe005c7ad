"""Tests of Silkwire."""
