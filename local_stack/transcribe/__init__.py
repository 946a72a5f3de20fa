"""Amazon Transcribe Medical's streaming endpoint, likened closely enough to be refused by. Local use only."""
