"""The send ledger: every contact planned, held back, sent and answered."""
