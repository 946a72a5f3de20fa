-- Takes back 003_create_corrections.sql. Every correction goes with it.
DROP FUNCTION erase_transcription(TEXT, INTEGER);
DROP INDEX transcriptions_user_id_created_at_idx;
DROP INDEX transcriptions_words_idx;
DROP TRIGGER transcriptions_text_as_read ON transcriptions;
DROP TABLE transcription_corrections;
DROP FUNCTION read_again();
DROP FUNCTION keep_text_as_read();
ALTER TABLE transcriptions DROP COLUMN text_as_read;
