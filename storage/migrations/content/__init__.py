"""The steps of the content database."""
