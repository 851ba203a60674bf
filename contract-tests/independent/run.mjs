// node run.mjs NAME    starts one variant on a free port, prints one line of JSON
// node run.mjs --list  names them all

import { createProxy } from './proxy.mjs';
import { createScheduler } from './scheduler.mjs';
import { variants } from './variants.mjs';

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

const [wanted] = process.argv.slice(2);
const full = ([number, [name]]) => `${number}-${name}`;

if (wanted === '--list') {
  for (const entry of Object.entries(variants)) console.log(`${full(entry)}  ${entry[1][1]}`);
} else {
  const found = Object.entries(variants).find((entry) => [entry[0], full(entry)].includes(wanted));
  if (!found) {
    console.error('usage: node run.mjs NAME | --list');
    process.exit(2);
  }
  const [, , settings, flags = []] = found[1];
  const { server, key, containers, nonFunction } = createScheduler(settings);
  let port = await listen(server);
  if (settings.proxy) port = await listen(createProxy(port));
  process.on('SIGTERM', () => process.exit(0));
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, key, containers, nonFunction, flags }));
}
