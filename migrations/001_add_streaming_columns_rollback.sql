-- Takes back 001_add_streaming_columns.sql. The columns go with everything in them; their indexes go along.
ALTER TABLE transcriptions
    DROP COLUMN IF EXISTS session_id,
    DROP COLUMN IF EXISTS streaming_job_id,
    DROP COLUMN IF EXISTS is_streaming,
    DROP COLUMN IF EXISTS partial_transcript,
    DROP COLUMN IF EXISTS audio_duration_seconds,
    DROP COLUMN IF EXISTS sample_rate,
    DROP COLUMN IF EXISTS quality;
