"""The dashboard, its interface for programs, and the server of both."""
