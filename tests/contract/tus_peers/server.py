"""A second tus server nobody here wrote (tuspyserver): python server.py PORT FOLDER; runs in the environment of the other makers."""

import sys

import uvicorn
from fastapi import FastAPI
from tuspyserver import create_tus_router

port, folder = int(sys.argv[1]), sys.argv[2]
app = FastAPI()
app.include_router(create_tus_router(prefix="files", files_dir=folder, max_size=8 * 1024 * 1024, strict_offset_validation=True))
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
