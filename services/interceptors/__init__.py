"""What every call passes before and after its servicer: deadline, admission, errors as statuses, a line in the log."""
