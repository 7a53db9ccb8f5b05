"""Which tests a change can break, and why each of them."""
