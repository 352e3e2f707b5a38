"""What the bot is made of, and what may be wrong with it: commands for contributors and CI."""
