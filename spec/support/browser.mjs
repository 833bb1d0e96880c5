// Headless Chromium as a person at a login: opens a page, presses one button, and tells what the
// page says that it ends on. Speaks the DevTools protocol over pipes, so it needs no package.
//
//   node browser.mjs URL CSS_SELECTOR     prints the last page's title and text
//
// Chromium is ended with this process, whatever happens.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [url, selector] = process.argv.slice(2);
const LIMIT = 60_000; // milliseconds for all of it

const profile = mkdtempSync(join(tmpdir(), 'login-browser-'));
const chromium = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--no-first-run',
  '--no-sandbox', // the tests may run as root
  '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-proxy-server', 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

function end(status) {
  chromium.kill('SIGKILL');
  try { rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } catch { /* in use */ }
  process.exit(status);
}

setTimeout(() => { console.error('the browser took too long'); end(1); }, LIMIT);
chromium.on('error', (error) => { console.error(String(error)); end(1); });
chromium.on('exit', (status) => { console.error(`chromium ended with ${status}`); end(1); });

const waiting = new Map();
const listeners = [];
let serial = 0;
let session;

function command(method, params = {}) {
  serial += 1;
  const id = serial;
  chromium.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

// The next event of a name; asked for before the step that brings it about.
function event(name) {
  return new Promise((resolve) => listeners.push({ name, resolve }));
}

function receive(message) {
  const asked = waiting.get(message.id);
  if (asked) {
    waiting.delete(message.id);
    if (message.error) asked.reject(new Error(message.error.message));
    else asked.resolve(message.result);
    return;
  }
  const index = listeners.findIndex((one) => one.name === message.method);
  if (index >= 0) listeners.splice(index, 1)[0].resolve(message.params);
}

let buffered = '';
chromium.stdio[4].on('data', (data) => {
  buffered += data;
  const messages = buffered.split('\0');
  buffered = messages.pop();
  for (const text of messages) receive(JSON.parse(text));
});

async function evaluate(expression) {
  const { result, exceptionDetails } = await command('Runtime.evaluate', { expression });
  if (exceptionDetails) throw new Error(exceptionDetails.text);
  return result.value;
}

async function show() {
  console.log(await evaluate('document.title'));
  console.log(await evaluate('document.body.innerText'));
}

async function main() {
  const { targetId } = await command('Target.createTarget', { url: 'about:blank' });
  session = (await command('Target.attachToTarget', { targetId, flatten: true })).sessionId;
  await command('Page.enable');
  let loaded = event('Page.loadEventFired');
  await command('Page.navigate', { url });
  await loaded;
  const found = await evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`);
  if (!found) {
    await show();
    throw new Error(`no ${selector} on the page`);
  }
  loaded = event('Page.loadEventFired');
  await evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  await loaded;
  await show();
}

main().then(() => end(0), (error) => { console.error(String(error)); end(1); });
