"""Real servers for tests: each on loopback, on a free port, in a folder of its own.

A server is started from what the system or its Maven artefacts brought; one that is not
there raises ``BackendMissing`` with the way to get it.
"""
