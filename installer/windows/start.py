"""``ktpel-kiosk`` of a frozen desk."""

from ktpel_kiosk.app.entry import main

main()
