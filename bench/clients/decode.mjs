// decode: JSON.parse alone: decode.mjs v8 FILE COUNT.

import { readFileSync } from "node:fs";
import { now } from "./measure.mjs";

const [, , , path, given] = process.argv;
const count = Number(given);
const bytes = readFileSync(path);
const text = bytes.toString("utf8");

for (let index = 0; index < count / 10; index++) JSON.parse(text);
const start = now();
for (let index = 0; index < count; index++) JSON.parse(text);
const end = now();
console.log(JSON.stringify({
  work: "decode", count, wall: end.wall - start.wall, cpu: end.cpu - start.cpu,
  bytes: bytes.length * count,
}));
