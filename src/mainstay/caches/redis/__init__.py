"""The cache on Redis: one atomic script a verb, on Redis' own clock."""
