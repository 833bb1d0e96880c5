// node_zendesk: the client library for Node.js: node_zendesk.mjs WORK BASE_URL COUNT [IN_FLIGHT].

import { createRequire } from "node:module";
import { job, now, repeated, report, sideBySide, token } from "./measure.mjs";

const { createClient } = createRequire(`${process.env.BENCH_NPM}/`)("node-zendesk");
const client = createClient({
  endpointUri: `${job.baseUrl}/api/v2`, token: "test-token", oauth: true,
});

const get = () => client.users.me();
const create = () => client.oauthtokens.post(["oauth", "tokens"], token);

const works = {
  get: () => repeated(get),
  post: () => repeated(create),
  page: () => repeated(() => client.tickets.get(["tickets", { page: { size: 100 } }])),
  create: () => sideBySide(create),
  // It follows every page and gives one list; the server of the walk has as many as are asked for.
  walk: async () => {
    const start = now();
    const list = await client.tickets.list();
    if (list.length !== job.count * 100) throw new Error(`${list.length} tickets`);
    report(start);
  },
  cold: async () => {
    await get();
    console.log("done");
  },
};

await works[job.work]();
