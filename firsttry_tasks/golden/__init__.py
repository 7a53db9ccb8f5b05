"""The golden cache: packed from a cold green run, proved before one byte of it is used."""
