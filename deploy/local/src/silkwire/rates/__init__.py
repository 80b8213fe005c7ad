"""`silkwire rates`: the past of exchange rates, shown and fetched."""
