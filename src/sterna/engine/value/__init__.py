"""What a customer is worth: spend, purchases still to come, potential and influence."""
