-- What a live session adds to a transcription. Columns that an earlier manual run left behind are kept.
ALTER TABLE transcriptions
    ADD COLUMN IF NOT EXISTS session_id             VARCHAR(255),
    ADD COLUMN IF NOT EXISTS streaming_job_id       VARCHAR(255),
    ADD COLUMN IF NOT EXISTS is_streaming           BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN IF NOT EXISTS partial_transcript     TEXT,
    ADD COLUMN IF NOT EXISTS audio_duration_seconds DOUBLE PRECISION,
    ADD COLUMN IF NOT EXISTS sample_rate            INTEGER,
    ADD COLUMN IF NOT EXISTS quality                VARCHAR(20);

CREATE INDEX IF NOT EXISTS idx_transcriptions_session_id ON transcriptions (session_id);
CREATE INDEX IF NOT EXISTS idx_transcriptions_streaming_job_id ON transcriptions (streaming_job_id);
CREATE INDEX IF NOT EXISTS idx_transcriptions_is_streaming ON transcriptions (is_streaming);
