"""The live view: what a running system tells of itself, as figures and as a frame."""
