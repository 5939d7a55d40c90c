"""Times the import and the turn of the loop beside a raw scan of the same columns in the same run."""
