-- Each process tells its release, and the newest revision that it knows: so a later
-- revision can tell whether somebody still needs what it takes away. NULL is 0.1.0.
ALTER TABLE processes ADD COLUMN version TEXT;

ALTER TABLE processes ADD COLUMN head TEXT;
