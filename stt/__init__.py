"""Audio to words: voice activity, endpointing and recognition. Knows nothing of Discord or of what is stored."""
