"""One running interview: who takes part, who is heard, and what the channel sees."""
