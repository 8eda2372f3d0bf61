"""``gateway node``: from one file to a node over PostgreSQL; whatever is wrong in the file is named."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import postgres_server
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.gateway_node import node, read_config, read_roster, sweep
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.packet.keys import make_demo_keys
from ktpel_kiosk.siak.http_gateway import tls_context

ROSTER = "stasiun,kecamatan,kabupaten\ndesk-1,Tempeh,Kab. Lumajang\ndesk-2,Pronojiwo,Kab. Lumajang\n"


@pytest.mark.parametrize(("text", "key"), [
    ("x = [", "node.toml"), ("[servr]\n", "servr"), ("server = 7\n", "server"), ("[server]\nprot = 1\n", "server.prot"),
])
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    with pytest.raises(BadInput) as wrong:
        read_config(file)
    assert wrong.value.facts == {"key": key}


@pytest.mark.parametrize(("text", "line"), [
    ("", 1), ("a,b\n", 1), (ROSTER + "desk-1,Lagi,Kab\n", 4), (ROSTER + "desk-3,Tempeh\n", 4), (ROSTER + ",x,y\n", 4),
    (ROSTER + f"desk-3,{'x' * 101},y\n", 4),
])
def test_a_wrong_line_of_the_roster_is_named(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(BadInput) as wrong:
        read_roster(tmp_path / "r.csv")
    assert wrong.value.facts == {"line": line}


def test_a_receipt_key_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "receipt.key").write_text("-----BEGIN\n")
    file = tmp_path / "node.toml"
    file.write_text('[server]\nreceipt_key = "receipt.key"\n[objects]\nfolder = "objects"\n')
    with pytest.raises(BadInput) as wrong:
        node(read_config(file))
    assert wrong.value.facts == {"key": "server.receipt_key"}


@pytest.mark.gate
@pytest.mark.timeout(300)
def test_a_node_serves_kiosks_and_the_dinas_over_mutual_tls(tmp_path: Path) -> None:
    postgres_server.require()
    keys = make_demo_keys(tmp_path / "keys", SystemClock().now(), "desk-1")
    (tmp_path / "roster.csv").write_text(ROSTER)
    (tmp_path / "stations").mkdir()
    (tmp_path / "stations" / "desk-1.crt").write_bytes(keys.station_cert.read_bytes())
    server = postgres_server.start()
    try:
        file = tmp_path / "node.toml"
        file.write_text(f"""
[server]
port = 0
certificate = "{keys.server_cert}"
key = "{keys.server_key}"
client_ca = "{keys.ca_cert}"
receipt_key = "{keys.receipt_key}"
[database]
conninfo = "{server.fresh()}"
[objects]
folder = "objects"
[stations]
certificates = "stations"
[dinas]
token_sha256 = "{hashlib.sha256(b'rahasia').hexdigest()}"
roster = "roster.csv"
""")
        process = subprocess.Popen([sys.executable, "-m", "ktpel_kiosk.app.entry", "gateway", "node",
                                    "--config", str(file), "--while-stdin"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline().split("port ")[1].split()[0])
            with httpx.Client(base_url=f"https://127.0.0.1:{port}", trust_env=False, timeout=60,
                              verify=tls_context(keys.ca_cert, keys.client_cert, keys.client_key)) as http:
                data = b"paket" * 100
                body = {"packet_id": "p1", "station": "desk-1", "counter": 1, "previous_hash": "0" * 64, "size": len(data),
                        "sha256": hashlib.sha256(data).hexdigest()}
                url = http.post("/v1/packets", json=body).json()["upload_url"]
                sent = http.patch(url, content=data, headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0",
                                                              "Content-Type": "application/offset+octet-stream"})
                assert sent.status_code == 204
                assert http.get("/v1/packets/p1/receipt").status_code == 200
                http.post("/dinas/masuk", data={"sandi": "rahasia"})
                assert "Pronojiwo" in http.get("/dinas").text
        finally:
            process.stdin.close()
            process.wait(60)
            process.stdout.close()
        (tmp_path / "objects" / "parts").mkdir(exist_ok=True)
        (tmp_path / "objects" / "parts" / "left").write_bytes(b"x")
        assert sweep(read_config(file)) == 0, "it is younger than a day"
        assert process.returncode == 0
    finally:
        server.stop()
