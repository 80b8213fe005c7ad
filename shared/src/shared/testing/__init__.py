"""Tools for tests only: nothing under services/ may import them."""
