"""The store on PostgreSQL: a group of pieces is one call, and one commit."""
