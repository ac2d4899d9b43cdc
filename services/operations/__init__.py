"""What an operator's instruments ask of a running server: is it alive, would it record, how much does it do."""
