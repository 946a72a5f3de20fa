-- What the record of a live session keeps beyond its text: one row a session, written under the owner's epoch.
ALTER TABLE transcriptions
    ADD COLUMN epoch            BIGINT,      -- of the owner that wrote the row; a lower one may not overwrite it
    ADD COLUMN encoding         VARCHAR(20), -- pcm or opus
    ADD COLUMN samples          BIGINT,      -- length of the recording on the session's clock
    ADD COLUMN sha256           CHAR(64),    -- hex, over the stored bytes in order
    ADD COLUMN gaps             JSONB,       -- [[from, to), ...] in samples: neither stored nor held by the client
    ADD COLUMN segments         JSONB,       -- the finals in order, with their words and entities
    ADD COLUMN transcript_state VARCHAR(20)
        CONSTRAINT transcriptions_transcript_state_check
        CHECK (transcript_state IN ('complete', 'pending', 'incomplete'));

-- The upsert's arbiter. Rows that no live session wrote have no session_id, and any number of those may exist.
CREATE UNIQUE INDEX transcriptions_session_id_key ON transcriptions (session_id);
DROP INDEX IF EXISTS idx_transcriptions_session_id;
