"""Measurements that print a table: `make bench`. They are no tests, and a slow machine fails none of them."""
