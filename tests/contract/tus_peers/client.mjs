// A tus client nobody here wrote: node client.mjs MODULES ENDPOINT STATION PACKET_ID FILE CHUNK
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { createReadStream, statSync } from "node:fs";

const [modules, endpoint, station, packetId, file, chunk] = process.argv.slice(2);
const tus = createRequire(pathToFileURL(modules + "/here.js"))("tus-js-client");

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadSize: statSync(file).size,
  chunkSize: Number(chunk),
  headers: { "Ktpel-Station": station },
  metadata: { packet_id: packetId },
  retryDelays: [50, 100, 200, 400],
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => { console.log(upload.url); },
});
upload.start();
