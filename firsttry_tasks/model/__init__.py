"""What travels between rooms: values, errors and records, without behaviour of their own."""
