-- Takes back 002_add_session_record.sql. The columns go with everything in them.
CREATE INDEX IF NOT EXISTS idx_transcriptions_session_id ON transcriptions (session_id);
DROP INDEX transcriptions_session_id_key;

ALTER TABLE transcriptions
    DROP COLUMN epoch,
    DROP COLUMN encoding,
    DROP COLUMN samples,
    DROP COLUMN sha256,
    DROP COLUMN gaps,
    DROP COLUMN segments,
    DROP COLUMN transcript_state;
