"""Feeds with known answers, of other readers: what they expect of a reader, compared with what ours finds.

outcome.py      how one file came out, the book of them all, and the table
rules.py        what we decided otherwise, each with its reason
texts.py        when two texts are the same to a reader of news
feedparser.py   the `Expect:` lines of feedparser's tests
gofeed.py       gofeed's pairs of document and JSON
corpus.py       real feeds without answers: none crashes, none loses an entry
listparser.py   the `Eval:` lines of listparser's tests
"""
