"""The statements behind the reports. Plain SQL: window functions and filters read better so than as expressions.

Every period statement starts from a narrow index range (``tahap_finished``, ``search_created``, ``audit_outcomes`` ...) and looks up the
rest by key; none walks a whole table. Moments are microseconds, ``:offset`` is seconds ahead of UTC.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from ktpel_kiosk.domain.population import NOT_RECORDED

OUTCOMES: Final = "('ApplicationReturned', 'ReturnedAtCounter', 'ApplicationRejected', 'DuplicateNoticed', 'ApplicationVoided')"
"""As in the partial index ``audit_outcomes``, word for word: only so does SQLite use it."""

_LOCAL_DAY = "strftime('%Y-%m-%d', {0} / 1000000 + :offset, 'unixepoch')"


def _under_17(moment: str) -> str:
    """The 17th birthday is later than the local day of ``moment``; as text, so that 29 February turns 17 on 1 March."""
    born = "json_extract(p.penduduk, '$.tanggal_lahir')"
    return f"((CAST(substr({born}, 1, 4) AS INTEGER) + 17) || substr({born}, 5) > {_LOCAL_DAY.format(moment)})"


_BIODATA = "CROSS JOIN permohonan AS p ON p.id = x.permohonan_id"


def _tally(chosen: str, kind: str, more: str = "") -> str:
    """``chosen``: a query of permohonan_id and whatever ``kind`` speaks of, as table x."""
    return f"""
        SELECT {kind} AS kind, s.layanan AS layanan, s.desa AS desa, s.jenis_kelamin AS kelamin, count(*) AS count
        FROM ({chosen}) AS x CROSS JOIN search AS s ON s.permohonan_id = x.permohonan_id {more}
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""


_RECORDED = """
    SELECT t.permohonan_id, t.finished_at FROM tahap AS t
    WHERE t.finished_at >= :since AND t.finished_at < :until AND t.stage = 'rekam' AND t.state = 'selesai'
        AND NOT EXISTS (SELECT 1 FROM tahap AS o WHERE o.permohonan_id = t.permohonan_id AND o.stage = 'rekam' AND o.idx > t.idx
                    AND o.state <> 'dilewati')"""
_RECORDING_KIND = f"""
    CASE WHEN s.mobile_place <> '' THEN 'jemput_bola'
         WHEN p.sudah_rekam <> '' OR instr(p.warnings, '"N11"') > 0 THEN 'ulang'
         WHEN s.layanan = 'pemula' OR {_under_17("x.finished_at")} THEN 'pemula'
         ELSE 'baru' END"""
_PRINTED = """
    SELECT permohonan_id, CASE state WHEN 'confirmed' THEN 'baik' WHEN 'spoiled' THEN 'rusak' ELSE 'proses' END AS kind
    FROM card_job WHERE state <> 'cancelled' AND created_at >= :since AND created_at < :until"""
_INCOMING = """
    SELECT permohonan_id FROM search WHERE numbered_at >= :since AND numbered_at < :until AND nomor_register <> ''"""
_HANDED = """
    SELECT permohonan_id, receiver_relation AS kind FROM handover WHERE at >= :since AND at < :until AND kind = '{0}'"""

TALLIES: Final = {
    "masuk": text(_tally(_INCOMING, "s.keadaan")),
    "perekaman": text(_tally(_RECORDED, _RECORDING_KIND, _BIODATA)),
    "pencetakan": text(_tally(_PRINTED, "x.kind")),
    "pengambilan": text(_tally(_HANDED.format("kartu"), "x.kind")),
    "surat_diserahkan": text(_tally(_HANDED.format("surat"), "x.kind")),
}

_STOOD = """
    WITH candidate AS MATERIALIZED (
        SELECT permohonan_id FROM search WHERE keadaan IN ('draf', 'berjalan', 'dikembalikan', 'ganda', 'menunggu_usia')
        UNION SELECT permohonan_id FROM (SELECT DISTINCT permohonan_id FROM tahap INDEXED BY tahap_finished WHERE finished_at >= :at)
        UNION SELECT permohonan_id FROM search WHERE keadaan IN ('batal', 'ditolak') AND updated_at >= :at
    ), stood AS (
        SELECT c.permohonan_id, min(t.idx) AS idx
        FROM candidate AS c CROSS JOIN search AS n ON n.permohonan_id = c.permohonan_id AND n.created_at < :at
            AND NOT (n.keadaan IN ('batal', 'ditolak') AND n.updated_at < :at)
        CROSS JOIN tahap AS t ON t.permohonan_id = c.permohonan_id
        WHERE NOT (t.state IN ('selesai', 'dilewati') AND (t.finished_at IS NULL OR t.finished_at < :at))
        GROUP BY c.permohonan_id
    )
    SELECT o.permohonan_id, t.stage FROM stood AS o CROSS JOIN tahap AS t ON t.permohonan_id = o.permohonan_id AND t.idx = o.idx"""
_STOOD_KIND = f"""
    CASE WHEN s.keadaan IN ('ganda', 'dikembalikan') AND s.updated_at < :at THEN s.keadaan
         WHEN x.stage IN ('cek_cetak', 'cetak_encode') AND {_under_17(":at")}
              AND CAST(json_extract(p.penduduk, '$.status_perkawinan') AS INTEGER) NOT IN (2, 3, 4) THEN 'menunggu_usia'
         WHEN x.stage IN ('cek_cetak', 'cetak_encode') THEN 'sisa_prr'
         WHEN x.stage IN ('aktivasi', 'serah_loket', 'serah_pemohon') THEN 'belum_diambil'
         WHEN x.stage IN ('terbit_surat', 'serah_surat') THEN 'surat_menunggu'
         WHEN x.stage = 'menunggu_prr' THEN 'menunggu_prr' ELSE 'diproses' END"""
TALLY_AT: Final = text(_tally(_STOOD, _STOOD_KIND, _BIODATA))

OUTCOME_COUNTS: Final = text(f"""
    SELECT a.event AS event,
        CASE WHEN a.event IN ('ApplicationReturned', 'ReturnedAtCounter') THEN coalesce(json_extract(a.facts, '$.reason'), '')
            WHEN CAST(json_extract(a.facts, '$.duplicate') AS TEXT) IN ('1', 'true') THEN 'data_ganda' ELSE '' END AS reason,
        coalesce(s.layanan, '') AS layanan, coalesce(s.desa, '') AS desa, coalesce(s.jenis_kelamin, '') AS kelamin, count(*) AS count
    FROM audit AS a LEFT JOIN search AS s ON s.permohonan_id = a.subject
    WHERE a.event IN {OUTCOMES} AND a.at >= :since AND a.at < :until
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5""")


def _per(moment: str, source: str) -> str:
    return f"""
        SELECT CAST(strftime(:unit, {moment} / 1000000 + :offset, 'unixepoch') AS INTEGER) AS bucket, count(*) AS count
        FROM ({source}) GROUP BY 1"""


_GOOD = "SELECT created_at FROM card_job WHERE state = 'confirmed' AND created_at >= :since AND created_at < :until"
COUNTS_PER: Final = {
    "masuk": text(_per("numbered_at", "SELECT numbered_at FROM search WHERE numbered_at >= :since AND numbered_at < :until"
                                     " AND nomor_register <> ''")),
    "perekaman": text(_per("finished_at", _RECORDED)),
    "pencetakan": text(_per("created_at", _GOOD)),
    "pengambilan": text(_per("at", "SELECT at FROM handover WHERE at >= :since AND at < :until AND kind = 'kartu'")),
}

LETTERS: Final = text("""
    SELECT l.kind AS kind, coalesce(s.layanan, '') AS layanan, coalesce(s.desa, '') AS desa, coalesce(s.jenis_kelamin, '') AS kelamin,
        count(*) AS count
    FROM letter AS l LEFT JOIN search AS s ON s.permohonan_id = l.permohonan_id
    WHERE l.at >= :since AND l.at < :until AND l.void_reason = '' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""")

DIGESTS: Final = text("SELECT digest FROM sop ORDER BY digest")

_FIGURES = """
    SELECT "key", layanan, max(n) AS count, avg(CASE WHEN rank IN ((n + 1) / 2, (n + 2) / 2) THEN used END) AS median_s,
        min(CASE WHEN rank = (9 * n + 9) / 10 THEN used END) AS p90_s, count(limit_s) AS limited,
        coalesce(sum(used <= limit_s), 0) AS within, coalesce(sum(waited > 0), 0) AS paused, coalesce(sum(waited), 0.0) AS paused_s
    FROM (SELECT *, row_number() OVER (PARTITION BY "key", layanan ORDER BY used) AS rank,
                    count(*) OVER (PARTITION BY "key", layanan) AS n
          FROM (SELECT * FROM measured UNION ALL SELECT "key", '', used, waited, limit_s FROM measured))
    GROUP BY "key", layanan ORDER BY "key", layanan"""

STEP_TIMES: Final = text(f"""
    WITH line AS MATERIALIZED (
        SELECT "key" AS step, value AS "key" FROM json_each(:groups)
    ), touched AS (
        SELECT DISTINCT permohonan_id, nomor FROM tahap WHERE finished_at >= :since AND finished_at < :until
    ), step AS (
        SELECT x.permohonan_id, x.nomor, sum(t.active_s) AS used, sum(t.paused_s) AS waited
        FROM touched AS x CROSS JOIN tahap AS t ON t.permohonan_id = x.permohonan_id AND t.nomor = x.nomor
        GROUP BY x.permohonan_id, x.nomor
        HAVING min(t.state IN ('selesai', 'dilewati')) = 1 AND max(t.state = 'selesai') = 1 AND max(t.finished_at) < :until
    ), measured AS MATERIALIZED (
        SELECT line."key" AS "key", s.layanan AS layanan, step.used, step.waited, l.limit_s
        FROM step CROSS JOIN search AS s ON s.permohonan_id = step.permohonan_id
        JOIN line ON line.step = s.sop_digest || ':' || step.nomor
        LEFT JOIN sop_step AS l ON l.sop_digest = s.sop_digest AND l.nomor = step.nomor
    ) {_FIGURES}""")

_ENDED = """
    ended AS (
        SELECT x.permohonan_id, s.layanan, s.sop_digest, sum(t.active_s) AS used, sum(t.paused_s) AS waited,
            max(t.finished_at) AS finished_at
        FROM (SELECT DISTINCT permohonan_id FROM tahap WHERE finished_at >= :since AND finished_at < :until) AS x
        CROSS JOIN search AS s ON s.permohonan_id = x.permohonan_id AND s.keadaan = 'selesai'
        CROSS JOIN tahap AS t ON t.permohonan_id = x.permohonan_id
        GROUP BY x.permohonan_id, s.layanan, s.sop_digest HAVING max(t.finished_at) < :until
    )"""
SERVICE_TIMES: Final = text(f"""
    WITH {_ENDED}, measured AS MATERIALIZED (
        SELECT e.sop_digest AS "key", e.layanan AS layanan, e.used, e.waited, l.limit_s
        FROM ended AS e LEFT JOIN sop_step AS l ON l.sop_digest = e.sop_digest AND l.nomor = 0
    ) {_FIGURES}""")
DATED: Final = text(f"""
    WITH {_ENDED}
    SELECT e.permohonan_id AS id, e.layanan AS layanan, p.complete_at AS complete_at, e.finished_at AS finished_at, p.due_at AS due_at
    FROM ended AS e CROSS JOIN permohonan AS p ON p.id = e.permohonan_id
    WHERE p.due_at IS NOT NULL AND p.complete_at IS NOT NULL ORDER BY e.finished_at, e.permohonan_id""")
DATED_PAUSES: Final = text(f"""
    WITH {_ENDED}
    SELECT z.permohonan_id AS id, z.began_at AS began_at, z.ended_at AS ended_at
    FROM ended AS e CROSS JOIN permohonan AS p ON p.id = e.permohonan_id CROSS JOIN pause AS z ON z.permohonan_id = e.permohonan_id
    WHERE p.due_at IS NOT NULL ORDER BY z.permohonan_id, z.began_at""")

PAUSE_TIMES: Final = text("""
    SELECT reason, max(n) AS count, count(DISTINCT permohonan_id) AS applications, sum(took) / 1000000.0 AS total_s,
        avg(CASE WHEN rank IN ((n + 1) / 2, (n + 2) / 2) THEN took END) / 1000000.0 AS median_s, max(took) / 1000000.0 AS longest_s
    FROM (SELECT *, row_number() OVER (PARTITION BY reason ORDER BY took) AS rank, count(*) OVER (PARTITION BY reason) AS n
          FROM (SELECT reason, permohonan_id, ended_at - began_at AS took FROM pause
                WHERE ended_at >= :since AND ended_at < :until))
    GROUP BY reason ORDER BY total_s DESC, reason""")

_AGES = """
    coalesce(sum(:now - since < 86400000000), 0) AS age_0,
    coalesce(sum(:now - since >= 86400000000 AND :now - since < 259200000000), 0) AS age_1,
    coalesce(sum(:now - since >= 259200000000 AND :now - since < 604800000000), 0) AS age_2,
    coalesce(sum(:now - since >= 604800000000 AND :now - since < 2592000000000), 0) AS age_3,
    coalesce(sum(:now - since >= 2592000000000), 0) AS age_4"""
WAITING: Final = text(f"""
    SELECT reason, count(*) AS count, min(since) AS oldest, {_AGES}, 0 AS size, sum(max(0, :now - since)) / 1000000.0 AS total_s
    FROM (
        SELECT CASE s.keadaan WHEN 'berjalan' THEN s.pause_reason ELSE s.keadaan END AS reason,
            coalesce((SELECT t.paused_since FROM tahap AS t WHERE t.permohonan_id = s.permohonan_id AND t.state = 'jeda'),
                     (SELECT max(t.finished_at) FROM tahap AS t WHERE t.permohonan_id = s.permohonan_id AND s.keadaan = 'menunggu_usia'),
                     s.updated_at) AS since
        FROM search AS s WHERE s.keadaan IN ('berjalan', 'dikembalikan', 'ganda', 'menunggu_usia')
            AND (s.keadaan <> 'berjalan' OR s.tahap_state = 'jeda'))
    GROUP BY reason ORDER BY count DESC, reason""")
PACKET_AGES: Final = text(f"""
    SELECT reason, count(*) AS count, min(since) AS oldest, {_AGES}, sum(size) AS size, sum(max(0, :now - since)) / 1000000.0 AS total_s
    FROM (SELECT wait_cause AS reason, sealed_at AS since, size FROM packet WHERE state <> 'received' AND replaced_by = '')
    GROUP BY reason ORDER BY count DESC, reason""")
# a replaced packet waited until the one that took its place was sealed: an application waits once
UNSENT_AT: Final = text("""
    SELECT (SELECT count(*) FROM packet WHERE state <> 'received' AND replaced_by = '' AND sealed_at < :at)
         + (SELECT count(*) FROM packet WHERE received_at >= :at AND sealed_at < :at AND state = 'received')
         + (SELECT count(*) FROM packet AS p WHERE p.replaced_by <> '' AND p.state <> 'received' AND p.sealed_at < :at
            AND (SELECT n.sealed_at FROM packet AS n WHERE n.packet_id = p.replaced_by) >= :at)""")

OFFICER_WORK: Final = text("""
    SELECT actor AS officer, stage, count(*) AS count, sum(active_s) AS active_s FROM tahap
    WHERE finished_at >= :since AND finished_at < :until AND state = 'selesai' AND actor <> '' AND role NOT IN ('sistem', 'pemohon')
    GROUP BY actor, stage ORDER BY actor, stage""")

AUDIT_MOMENT: Final = text("SELECT at FROM audit WHERE sequence = :sequence")
AUDIT_END: Final = text("SELECT max(sequence) AS last FROM audit")
_WHOLE = "CAST(json_extract(facts, '$.{0}') AS INTEGER)"
CAPTURES: Final = text(f"""
    SELECT coalesce(json_extract(facts, '$.device'), '') AS device, json_extract(facts, '$.position') AS position, actor AS operator,
        sum(event = 'SampleAccepted') AS captures, sum(event = 'SampleAccepted' AND {_WHOLE.format('attempt')} > 1) AS repeats,
        sum(event = 'SampleForced') AS forced, sum(event = 'SampleAccepted' AND {_WHOLE.format('score')} < 255) AS scored,
        sum(CASE WHEN event = 'SampleAccepted' AND {_WHOLE.format('score')} < 255 THEN {_WHOLE.format('score')} ELSE 0 END)
            AS score_sum
    FROM audit WHERE sequence BETWEEN :first AND :last AND event IN ('SampleAccepted', 'SampleForced') AND at >= :since AND at < :until
    GROUP BY 1, 2, 3""")

_NOT_RECORDED = "(" + ", ".join(f"'{status}'" for status in sorted(NOT_RECORDED)) + ")"
RESIDENTS: Final = text(f"""
    SELECT CASE WHEN NOT must THEN 'belum_wajib' WHEN ektp_status = '' THEN 'wajib_tidak_diketahui'
                WHEN ektp_status IN {_NOT_RECORDED} THEN 'wajib_belum_rekam' ELSE 'wajib_rekam' END AS kind,
        '' AS layanan, desa, kelamin, count(*) AS count
    FROM (SELECT r.desa AS desa, r.ektp_status AS ektp_status, json_extract(r.penduduk, '$.jenis_kelamin') AS kelamin,
              ((CAST(substr(json_extract(r.penduduk, '$.tanggal_lahir'), 1, 4) AS INTEGER) + 17)
               || substr(json_extract(r.penduduk, '$.tanggal_lahir'), 5) <= :today
               OR CAST(json_extract(r.penduduk, '$.status_perkawinan') AS INTEGER) IN (2, 3, 4)) AS must
          FROM population AS r)
    GROUP BY 1, 3, 4 ORDER BY 1, 3, 4""")
