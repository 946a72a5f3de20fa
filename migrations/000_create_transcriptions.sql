-- The base table, only where there is none: an existing SEVA Arogya database is adopted as it is.
CREATE TABLE IF NOT EXISTS transcriptions (
    transcription_id SERIAL PRIMARY KEY,
    user_id          VARCHAR(255) NOT NULL,
    audio_s3_key     VARCHAR(512),
    job_id           VARCHAR(255) UNIQUE,
    transcript_text  TEXT,
    status           VARCHAR(50) NOT NULL,
    medical_entities JSONB,
    created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at       TIMESTAMPTZ NOT NULL DEFAULT now()
);
