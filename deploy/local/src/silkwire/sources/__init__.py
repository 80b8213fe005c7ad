"""`silkwire sources`: the news sources of a running system, looked at (listing.py) and managed (client.py, commands.py).

What is changed goes through ingest's administration, whose rules and words hold; words.py says for people what came of it.
"""
