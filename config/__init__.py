"""Settings, and the data files that operators may read and change."""
