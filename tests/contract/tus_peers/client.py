"""A tus client nobody here wrote (tuspy): python client.py ENDPOINT STATION PACKET_ID FILE CHUNK [STOP_AFTER]; prints the upload URL."""

import sys

from tusclient.client import TusClient

endpoint, station, packet_id, file, chunk = sys.argv[1:6]
stop_after = int(sys.argv[6]) if len(sys.argv) > 6 else 0
client = TusClient(endpoint, headers={"Ktpel-Station": station})
uploader = client.uploader(file, chunk_size=int(chunk), metadata={"packet_id": packet_id}, upload_checksum=False)
while uploader.offset < uploader.get_file_size():
    uploader.upload_chunk()
    if stop_after and uploader.offset >= stop_after:
        break
print(uploader.url)
