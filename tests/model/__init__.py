"""Random histories against a plain model of the law."""
