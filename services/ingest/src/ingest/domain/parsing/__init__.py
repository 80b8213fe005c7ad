"""From text to raw entries: what a document is, and what its entries say, before any rule was applied."""
