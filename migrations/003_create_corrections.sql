-- Corrections of what was heard, and what the history asks of the records. The original text stays in its column.
CREATE TABLE transcription_corrections (
    transcription_id INTEGER NOT NULL REFERENCES transcriptions (transcription_id) ON DELETE CASCADE,
    version          INTEGER NOT NULL CHECK (version > 0),   -- of the transcription: 1, 2, 3, ...
    segment          INTEGER NOT NULL CHECK (segment >= 0),
    text             TEXT NOT NULL,                          -- empty: struck out
    corrected_by     VARCHAR(255) NOT NULL,
    corrected_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (transcription_id, version)                  -- two at once: one of them is a conflict
);

ALTER TABLE transcriptions
    ADD COLUMN IF NOT EXISTS transcript_text TEXT,           -- where a table that was there before lacks them
    ADD COLUMN IF NOT EXISTS created_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    ADD COLUMN text_as_read                  TEXT;           -- with its corrections; null: there are none

-- Kept by the database, since a correction may come before the segments it is about: they follow at the end of a
-- session, from a task that knows nothing of corrections. By the owner's right, whatever the writer's grants are.
CREATE FUNCTION keep_text_as_read() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    IF EXISTS (SELECT FROM transcription_corrections c WHERE c.transcription_id = NEW.transcription_id) THEN
        NEW.text_as_read := (
            SELECT coalesce(string_agg(piece.words, ' ' ORDER BY piece.place) FILTER (WHERE piece.words <> ''), '')
            FROM (
                SELECT heard.place, coalesce(corrected.text, heard.segment ->> 'text') AS words
                FROM jsonb_array_elements(coalesce(NEW.segments, '[]'))
                    WITH ORDINALITY AS heard (segment, place)
                LEFT JOIN (
                    SELECT DISTINCT ON (c.segment) c.segment, c.text
                    FROM transcription_corrections c
                    WHERE c.transcription_id = NEW.transcription_id
                    ORDER BY c.segment, c.version DESC
                ) AS corrected ON corrected.segment = CAST(heard.segment ->> 'segment' AS INTEGER)
            ) AS piece
        );
    END IF;
    RETURN NEW;
END
$function$;

CREATE TRIGGER transcriptions_text_as_read BEFORE UPDATE OF segments ON transcriptions
    FOR EACH ROW EXECUTE FUNCTION keep_text_as_read();

CREATE FUNCTION read_again() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    UPDATE transcriptions SET segments = segments WHERE transcription_id = NEW.transcription_id;
    RETURN NULL;
END
$function$;

CREATE TRIGGER transcription_corrections_read_again AFTER INSERT ON transcription_corrections
    FOR EACH ROW EXECUTE FUNCTION read_again();

-- PostgreSQL's own search and no extension. 'simple': no word is left out and none is changed, "no" least of all.
-- Cut off, because a text of a megabyte of different words has no index entry and could not be written at all.
CREATE INDEX transcriptions_words_idx ON transcriptions
    USING gin (to_tsvector('simple', left(coalesce(text_as_read, transcript_text, ''), 200000)));
CREATE INDEX transcriptions_user_id_created_at_idx
    ON transcriptions (user_id, created_at DESC, transcription_id DESC);

-- The only way in which the running product deletes a row: one of this user's, and none that is being recorded.
CREATE FUNCTION erase_transcription(of_user TEXT, number INTEGER) RETURNS BOOLEAN
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    WITH gone AS (
        DELETE FROM transcriptions
        WHERE user_id = of_user AND transcription_id = number AND status <> 'IN_PROGRESS'
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM gone)
$function$;
REVOKE EXECUTE ON FUNCTION erase_transcription(TEXT, INTEGER) FROM PUBLIC;
