"""Reading lists: tables derived from the log, kept by catch-up, and the questions that are asked of them."""
