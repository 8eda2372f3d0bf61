"""Programs that hold a device's library in a process of their own. Each runs as a plain file; none is imported by the kiosk."""
