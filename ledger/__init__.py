"""The library: what is recorded, judged, stored and proved. No gRPC, no HTTP, no environment variables."""
