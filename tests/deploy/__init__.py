"""What is shipped to operators does what it says."""
