"""The pure library: tables in, tables out."""
