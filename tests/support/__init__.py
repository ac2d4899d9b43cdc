"""What tests of several rooms build with: fakes, builders, servers."""
