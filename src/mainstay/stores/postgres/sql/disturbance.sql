-- name: end_sessions
-- End all sessions of this program, this one left out.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user
  AND application_name = current_setting('application_name')
  AND pid <> pg_backend_pid();
