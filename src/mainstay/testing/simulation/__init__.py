"""The simulated world: a whole cluster on simulated time, with one seed."""
