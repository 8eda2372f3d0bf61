// A tus server nobody here wrote: node server.mjs MODULES PORT FOLDER
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, port, folder] = process.argv.slice(2);
const from = createRequire(pathToFileURL(modules + "/here.js"));
const { Server } = from("@tus/server");
const { FileStore } = from("@tus/file-store");

const server = new Server({
  path: "/files",
  datastore: new FileStore({ directory: folder }),
  relativeLocation: true,
  namingFunction: (_request, metadata) => metadata.packet_id,
});
const listening = server.listen({ host: "127.0.0.1", port: Number(port) });
listening.on("listening", () => console.log("ready"));
