"""The whole product in temporary repositories, with the real tools."""
