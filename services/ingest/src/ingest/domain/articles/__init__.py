"""From entries to articles: identity, candidates, and the decision whether one is new, changed or the same."""
