"""Tables and what is set for them."""
