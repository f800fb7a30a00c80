"""The judges: each holds a world to some of the promises."""
