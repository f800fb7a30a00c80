-- Each process tells its release, the newest revision that it knows, and its set of
-- functions: so it can be told who still needs what. NULL is a release before this.
ALTER TABLE processes ADD COLUMN version text;

ALTER TABLE processes ADD COLUMN head text;

ALTER TABLE processes ADD COLUMN functions text;

-- The schemas that hold functions, one for each version that was installed.
CREATE TABLE function_sets (
  name text COLLATE "C" PRIMARY KEY,
  version text NOT NULL
);

INSERT INTO function_sets (name, version)
  SELECT nspname, '0.1.0' FROM pg_namespace WHERE nspname = 'mainstay_0001';
