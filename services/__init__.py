"""The server: one folder per context, and services.kit, which all contexts use. See README.md in this folder."""
