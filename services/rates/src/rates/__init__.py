"""Rates: official exchange rates of central banks, from their documents to one event per fixing.

The data's path, with the file where each step is:

    schedule   domain/schedule.py       when a bank is due; pipeline/follow.py claims it, one replica at a time
    fetch      pipeline/ask.py          asks through adapters/httpx2_bank.py: bytes, bounded in time and size
    parse      domain/nbk.py nbkr.py nbt.py cbu.py cbr.py ecb.py cbt.py market.py   bytes -> a table, or a named refusal
    check      domain/checks.py         is it the table that was asked for
               domain/calendars.py, domain/sessions.py   working days; from the printed date to the session
               domain/quotes.py         what one source's table makes of a pair, exact
               domain/verdicts.py       is a number believed: band, session before, what others say
               domain/derivation.py     whose number is shown, its change, unrounded, and how sure it is
               domain/staleness.py      late, stale, frozen: what the calendar lets one expect against what is here
    publish    pipeline/record.py       observations, append-only
               pipeline/publish.py      observations -> the pair's board and its event, in one compare-and-set write
               shared/outbox.py         the event goes out and is confirmed

The past comes from the banks' archives when it is asked for: domain/archives.py (where), domain/backfill.py (what is still
missing), pipeline/backfill.py (one request at a time, at a pace).

What is asked for comes from `api/`, straight from the boards; `domain/crosses.py` makes any other pair of two of them,
`domain/display.py` writes their numbers. The past is derived like the boards (`past` of domain/derivation.py), told by
domain/history.py and domain/conversion.py, and kept ready in api/history_book.py. A new source is one file in `domain/`,
one entry in `domain/sources.py`, and its name where `domain/plans.py` says whose numbers a pair is derived from.
"""
