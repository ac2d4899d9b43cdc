"""Numbers: ratios inside one run, beside a calibration of the machine. Never part of the tests."""
