"""What the migrations of both engines share: revisions, their record, the checks."""
