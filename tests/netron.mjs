// Open an ONNX file with Netron's own code: node netron.mjs FOLDER_OF_NETRON FILE.onnx
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.join(folder, name)).href);
const [base, view] = [await load("base.js"), await load("view.js")];
const host = {
  environment: () => "test",
  require: (name) => load(name.endsWith(".js") ? name : `${name}.js`),
  request: async (name, encoding) => fs.readFileSync(path.join(folder, name), encoding),
  event() {},
  exception(error) { throw error; },
};
const context = {
  identifier: path.basename(file),
  stream: new base.BinaryStream(fs.readFileSync(file)),
  tags: new Map(),
  entries: new Map(),
  request: host.request,
  require: host.require,
  error(error) { throw error; },
};
const model = await new view.ModelFactoryService(host).open(context);
const [graph] = model.modules ?? model.graphs;
const metadata = Object.fromEntries([...(model.metadata ?? [])].map(({ name, value }) => [name, value]));
console.log(JSON.stringify({ format: model.format, nodes: graph.nodes.map((node) => node.type.name), metadata }));
