"""The figures of this machine: a load, a stand-in model, the plain SDK beside them."""
