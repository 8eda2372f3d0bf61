"""Which system roles may do what is not a step of the SOP, and who records a step the SOP gives to no officer.

Steps themselves are decided by the SOP's own role map; this table is the same for every office. A person may hold several roles.
ADMIN looks after the machine and sees no register (Permendagri 102/2019: access per task).
"""

from __future__ import annotations

from types import MappingProxyType

from ktpel_kiosk.domain.sop import Peran, Stage

_ALL = frozenset(Peran)
_HEADS = frozenset({Peran.KASI, Peran.CAMAT, Peran.SUPERVISOR})
_DESK = frozenset({Peran.LOKET, Peran.VERIFIKATOR, Peran.VALIDATOR, Peran.OPERATOR, Peran.PENYERAH})
_RECORDER = frozenset({Peran.OPERATOR, Peran.SUPERVISOR})

PERMISSIONS: MappingProxyType[str, frozenset[Peran]] = MappingProxyType({
    "sign_in": _ALL,
    "change_own_password": _ALL,
    "extend_sign_in": frozenset({Peran.SUPERVISOR, Peran.ADMIN}),
    "return_application": _DESK | _HEADS,
    "void_application": frozenset({Peran.KASI, Peran.SUPERVISOR}),
    "approve_exception": _HEADS | {Peran.VALIDATOR},
    "force_sample": _RECORDER | {Peran.KASI},
    "spoil_card": _RECORDER,
    "receive_blangko": frozenset({Peran.SUPERVISOR, Peran.KASI, Peran.OPERATOR}),
    "export_register": _HEADS | {Peran.LOKET, Peran.OPERATOR},
    "export_register_full_nik": _HEADS,
    "export_recording": frozenset({Peran.KASI, Peran.SUPERVISOR}),
    "close_month": frozenset({Peran.SUPERVISOR, Peran.KASI}),
    "reopen_month": frozenset({Peran.SUPERVISOR}),
    "verify_register": _HEADS | {Peran.ADMIN},
    "manage_users": frozenset({Peran.ADMIN}),
    "take_provision": frozenset({Peran.ADMIN}),
    "change_settings": frozenset({Peran.ADMIN, Peran.SUPERVISOR}),
    "restore_register": frozenset({Peran.SUPERVISOR}),
    "update_software": frozenset({Peran.SUPERVISOR}),
    "approve_restore": _HEADS | {Peran.ADMIN},
    "view_register": _DESK | _HEADS,
    "view_queue": _ALL,
    "retry_queue": frozenset({Peran.OPERATOR, Peran.SUPERVISOR, Peran.ADMIN}),
    "purge_packets": frozenset({Peran.SUPERVISOR, Peran.KASI}),
    "reseal_packet": _RECORDER,
    "import_statuses": _RECORDER | {Peran.KASI},
    "courier": frozenset({Peran.OPERATOR, Peran.SUPERVISOR, Peran.ADMIN}),
    "reconcile_card": _RECORDER,
    "import_population": frozenset({Peran.ADMIN, Peran.SUPERVISOR}),
    "enter_status_manually": _RECORDER,
    "approve_spoil": _HEADS | {Peran.VALIDATOR},
    "approve_reopen": _HEADS,
    "resolve_duplicate": _HEADS | {Peran.OPERATOR, Peran.VALIDATOR},
    "override_nik": frozenset({Peran.KASI, Peran.SUPERVISOR}),
    "withdraw_card": frozenset({Peran.LOKET, Peran.PENYERAH, Peran.OPERATOR, Peran.SUPERVISOR}),
    "destroy_cards": frozenset({Peran.KASI, Peran.SUPERVISOR}),
    "return_blangko": frozenset({Peran.SUPERVISOR, Peran.KASI}),
    "close_blangko_day": frozenset({Peran.SUPERVISOR, Peran.KASI}),
    "void_letter": frozenset({Peran.KASI, Peran.SUPERVISOR}),
    "issue_letter": frozenset({Peran.LOKET, Peran.OPERATOR, Peran.KASI, Peran.SUPERVISOR}),
    "log_contact": _DESK | _HEADS,
    "receive_complaint": _DESK | _HEADS,
    "handle_complaint": _HEADS | {Peran.VALIDATOR, Peran.VERIFIKATOR},
    "view_reports": _DESK | _HEADS,
    "export_reports": _HEADS | {Peran.LOKET, Peran.OPERATOR},
    "edit_calendar": frozenset({Peran.ADMIN, Peran.SUPERVISOR}),
    "test_device": _ALL,
    "read_public_card": _DESK | _HEADS,
    "print_test_card": _RECORDER | {Peran.KASI},
    "report_damage": _ALL,
    "settle_return": _HEADS,
    "leave_kiosk": frozenset({Peran.ADMIN, Peran.SUPERVISOR}),
    "keep_typing": _ALL,
    "choose_file": _ALL,
    "view_person": _DESK | _HEADS,
    "view_access_log": _HEADS,
    "view_keeping": _HEADS | {Peran.ADMIN},
    "receive_subject_request": _DESK | _HEADS,
    "handle_subject_request": _HEADS | {Peran.VALIDATOR},
    "report_breach": frozenset({Peran.SUPERVISOR, Peran.KASI}),
    "approve_breach": _HEADS,
    "adopt_sop": frozenset({Peran.SUPERVISOR, Peran.KASI}),
})

STAGE_ROLES: MappingProxyType[Stage, frozenset[Peran]] = MappingProxyType({
    Stage.TERIMA_BERKAS: frozenset({Peran.LOKET}),
    Stage.AGENDA_REGISTER: frozenset({Peran.LOKET}),
    Stage.VERIFIKASI: frozenset({Peran.VERIFIKATOR, Peran.KASI}),
    Stage.VALIDASI: frozenset({Peran.VALIDATOR, Peran.KASI, Peran.CAMAT}),
    Stage.REKAM: frozenset({Peran.OPERATOR}),
    Stage.KIRIM: frozenset({Peran.OPERATOR}),
    Stage.MENUNGGU_PRR: frozenset({Peran.OPERATOR}),
    Stage.CEK_CETAK: frozenset({Peran.OPERATOR}),
    Stage.CETAK_ENCODE: frozenset({Peran.OPERATOR}),
    Stage.AKTIVASI: frozenset({Peran.OPERATOR, Peran.PENYERAH, Peran.LOKET}),
    Stage.SERAH_LOKET: frozenset({Peran.OPERATOR}),
    Stage.SERAH_PEMOHON: frozenset({Peran.PENYERAH, Peran.LOKET}),
    Stage.TERBIT_SURAT: frozenset({Peran.OPERATOR, Peran.LOKET}),
    Stage.SERAH_SURAT: frozenset({Peran.LOKET, Peran.PENYERAH}),
})
"""Used where a step's pelaksana holds no officer role (the applicant alone, or a system lane)."""
