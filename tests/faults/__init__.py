"""Kill -9 under load: what was acknowledged is there, once."""
