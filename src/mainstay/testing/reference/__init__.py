"""A whole deployment on one machine, for checks and drills: real servers, every role.

PostgreSQL, RabbitMQ, Redis and Alertmanager from the system's packages; the local
stand-in for Claude; a gateway and two workers, each started anew when it dies, as its
platform would; five customers who write. It runs as production does: secrets from
files, JSON logs, migrations by command.
"""
