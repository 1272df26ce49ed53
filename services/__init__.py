"""One folder a context, and services.kit, which all of them need. See README.md here."""
