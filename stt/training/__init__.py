"""How the rehearsal's small recognition model is made. Needs packages that the product does not: see README.md."""
