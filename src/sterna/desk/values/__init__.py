"""What each customer gives and could give, as the runs published it."""
