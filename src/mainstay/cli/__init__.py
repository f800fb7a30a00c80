"""The mainstay command, one file per subcommand."""
