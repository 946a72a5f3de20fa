-- Who looked at whose words, or tried to: ids and times only. Rows are added and never changed, not even by the
-- tables' owner; nothing refers to a transcription, so that its entries outlive it.
CREATE TABLE audit_entries (
    entry_id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at                TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    user_id           VARCHAR(255) NOT NULL,      -- who: the token's sub
    action            VARCHAR(20) NOT NULL,       -- list, read, audio, export, correct, delete
    outcome           VARCHAR(20) NOT NULL,       -- done, begun, not_found, refused, conflict
    asked_for         VARCHAR(36),                -- as it was asked: a transcription's number or a session's UUID
    transcription_ids INTEGER[] NOT NULL          -- which: those that were found
);
CREATE INDEX audit_entries_user_id_at_idx ON audit_entries (user_id, at);
CREATE INDEX audit_entries_transcription_ids_idx ON audit_entries USING gin (transcription_ids);

CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$function$;

CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_audit();
