"""What Silkwire's services say to each other, how it is said, and how a process lives.

contracts (what is said) · bus, outbox (how it is said) · query (the query language) · web, telemetry, settings,
service, mongo, clock (how a process lives) · testing (for tests only).
"""
