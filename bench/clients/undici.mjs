// undici: the HTTP client of Node.js at its fastest: undici.mjs WORK BASE_URL COUNT [IN_FLIGHT].

import { createRequire } from "node:module";
import { job, now, repeated, report, sideBySide, token } from "./measure.mjs";

const { Agent, request } = createRequire(`${process.env.BENCH_NPM}/`)("undici");
const http2 = process.env.BENCH_HTTP2 !== undefined;
const dispatcher = new Agent({
  allowH2: http2, connections: http2 ? 1 : job.inFlight, pipelining: http2 ? job.inFlight : 1,
});
const headers = { authorization: "Bearer test-token", accept: "application/json" };

async function call(method, url, value) {
  const { statusCode, body } = await request(url, {
    method, dispatcher,
    headers: value ? { ...headers, "content-type": "application/json" } : headers,
    body: value && JSON.stringify(value),
  });
  if (statusCode >= 300) throw new Error(`status ${statusCode}`);
  return body.json();
}

const get = () => call("GET", `${job.baseUrl}/api/v2/users/me`);
const create = () => call("POST", `${job.baseUrl}/api/v2/oauth/tokens`, token);

const works = {
  get: () => repeated(get),
  post: () => repeated(create),
  page: () => repeated(() => call("GET", `${job.baseUrl}/api/v2/tickets`)),
  create: () => sideBySide(create),
  walk: async () => {
    const start = now();
    let address = `${job.baseUrl}/api/v2/tickets`;
    for (let page = 0; page < job.count; page++) {
      const { tickets, links } = await call("GET", address);
      if (tickets.length !== 100) throw new Error("a page is not whole");
      address = links.next;
    }
    report(start);
  },
  cold: async () => {
    await get();
    console.log("done");
  },
};

await works[job.work]();
await dispatcher.close();
