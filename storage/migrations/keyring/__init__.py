"""The steps of the keyring database."""
