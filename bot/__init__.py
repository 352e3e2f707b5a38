"""The application: Discord, hearing, interviews and the composition of every part."""
