"""The reading lists, one module for each subject matter; `catalogue` names them all."""
