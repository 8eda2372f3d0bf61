"""``ktpel-kiosk demo --day``: one whole day of an office, many applicants at once, through the real use cases."""
