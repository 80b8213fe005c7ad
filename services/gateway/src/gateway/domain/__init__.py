"""Rules of gateway: questions, pages, links, merging. No network, no clock."""
