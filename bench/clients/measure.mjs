// measure: what the clients for Node.js have in common: arguments, clocks, the line they print.

import { readFileSync } from "node:fs";

const [, , work, baseUrl, count, inFlight] = process.argv;

export const job = { work, baseUrl, count: Number(count), inFlight: Number(inFlight ?? 1) };
export const token = { token: { client_id: 223443, scopes: ["tickets:read"] } };

export function now() {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1e3, cpu: (user + system) / 1e6 };
}

export function report(start, extra = {}) {
  const end = now();
  const status = readFileSync("/proc/self/status", "utf8");
  console.log(JSON.stringify({
    work: job.work, count: job.count, wall: end.wall - start.wall, cpu: end.cpu - start.cpu,
    rss_kb: Number(/VmHWM:\s*(\d+)/.exec(status)[1]), ...extra,
  }));
}

// Calls `once` to open the connection and to have it compiled, then `count` times against the clock.
export async function repeated(once) {
  for (let index = 0; index <= Math.min(200, job.count / 4); index++) await once();
  const start = now();
  for (let index = 0; index < job.count; index++) await once();
  report(start);
}

// `inFlight` workers share `count` calls.
export async function sideBySide(once) {
  const start = now();
  let left = job.count;
  const worker = async () => {
    while (left-- > 0) await once();
  };
  await Promise.all(Array.from({ length: job.inFlight }, worker));
  report(start);
}
