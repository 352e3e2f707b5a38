"""One file for each step of the keyring database; none is changed after its release."""
