"""Exchanges over a connection whose time holds for the whole of them."""
