"""Joins rules and ports: ask -> record -> publish, whenever a bank is due.

ask      one request: fetch, parse, check; failures are values
record   tables -> observations, append-only; fills the session before the newest
publish  observations -> board and event, in one write
poll     one poll of one bank, from the first request to the event
follow   polls a bank whenever it is due and nobody else does
"""
