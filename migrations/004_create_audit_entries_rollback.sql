-- Takes back 004_create_audit_entries.sql. The whole audit goes with it: keep a copy first.
DROP TABLE audit_entries;
DROP FUNCTION refuse_to_change_audit();
