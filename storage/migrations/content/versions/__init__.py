"""One file for each step of the content database; none is changed after its release."""
