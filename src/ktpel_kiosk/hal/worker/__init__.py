"""Device code in a process of its own: vendor libraries that crash, hang, leak, or need another Python."""
