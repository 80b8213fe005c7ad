"""Everything of search that talks to one outside thing: MongoDB, the local index, the disk."""
