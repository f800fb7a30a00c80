"""The Protocols between the heart and the world, each of a few domain verbs."""
