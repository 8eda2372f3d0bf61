"""Every widget of the house in every state, as pictures (``ktpel-kiosk gallery``); a file here per group, see :mod:`.kit`."""
