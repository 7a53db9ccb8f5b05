"""What CI and releases run besides the tests; the parity lock lies here too."""
