// An HTTP/2 server that misbehaves on request: `node http2_server.mjs KEY CERTIFICATE`. Prints its
// port, then "METHOD /path" for each request. The path says what to do; anything else is answered
// with {"ok":true}. Ends with its standard input.

import { readFileSync } from "node:fs";
import { createSecureServer, constants } from "node:http2";

const [, , key, cert] = process.argv;
const {
  NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL,
  NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_PROTOCOL_ERROR,
} = constants;

function begin(stream, headers = {}) {
  stream.respond({ ":status": 200, "content-type": "application/json", ...headers });
}

let first;
let socket; // of the latest connection; a session does not let go of its own
const plain = new Map(); // the socket below TLS, by the client's port
const sessions = new Set();

const faults = {
  "/rst": (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
  "/rst-cancel": (stream) => stream.close(NGHTTP2_CANCEL),
  "/rst-no-error": (stream) => stream.close(NGHTTP2_NO_ERROR),
  "/rst-refused": (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  "/rst-calm": (stream) => stream.close(NGHTTP2_ENHANCE_YOUR_CALM),
  "/rst-headers": (stream) => {
    begin(stream, { "content-length": 100 });
    setTimeout(() => stream.destroy(new Error("cut")), 20); // close() would end the body
  },
  "/rst-body": (stream) => {
    begin(stream);
    stream.write('{"ok":');
    setTimeout(() => stream.destroy(new Error("cut")), 20); // close() would end the body
  },
  "/goaway": (stream) => stream.session.goaway(NGHTTP2_NO_ERROR, 0),
  "/goaway-error": (stream) => stream.session.destroy(undefined, NGHTTP2_PROTOCOL_ERROR),
  "/goaway-after": (stream) => {
    begin(stream);
    stream.end('{"ok":true}');
    stream.session.close();
  },
  "/drop": () => socket.destroy(),
  "/drop-body": (stream) => {
    begin(stream);
    stream.write('{"ok":');
    const { session } = stream;
    setTimeout(() => session.destroy(), 20);
  },
  "/short": (stream) => {
    begin(stream, { "content-length": 100 });
    stream.end('{"ok":true}');
  },
  "/stall": () => {},
  // From now on one stream at a time.
  "/narrow": (stream) => {
    stream.session.settings({ maxConcurrentStreams: 1 });
    begin(stream);
    stream.end('{"ok":true}');
  },
  "/slow": (stream) => setTimeout(() => { begin(stream); stream.end('{"ok":true}'); }, 200),
  // The other connections that are idle get a GOAWAY; this one breaks off without a word.
  "/elsewhere": (stream) => {
    const { remotePort } = stream.session.socket;
    for (const session of sessions) {
      if (session !== stream.session && !session.held) session.goaway(NGHTTP2_NO_ERROR, 1);
    }
    setTimeout(() => plain.get(remotePort).resetAndDestroy(), 50);
  },
  // /first waits; /left-over has the session ended with /first as the last stream that was taken up.
  "/first": (stream) => { first = stream; },
  "/left-over": (stream) => {
    if (!first || first.session !== stream.session) {
      begin(stream);
      return stream.end('{"ok":true}');
    }
    stream.session.goaway(NGHTTP2_NO_ERROR, first.id);
    begin(first);
    return first.end('{"ok":true}');
  },
  "/hold": (stream) => { stream.session.held = true; },
};

const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
server.on("connection", (latest) => plain.set(latest.remotePort, latest));
server.on("session", (session) => {
  sessions.add(session);
  session.on("close", () => sessions.delete(session));
});
server.on("secureConnection", (latest) => { socket = latest; });
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.resume();
  console.log(`${headers[":method"]} ${headers[":path"]}`);
  const fault = faults[headers[":path"]];
  if (fault) return fault(stream);
  begin(stream);
  return stream.end('{"ok":true}');
});
server.on("sessionError", () => {});
// Whatever its own misbehaviour leads to, it serves on.
process.on("uncaughtException", (error) => console.error(error));
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
