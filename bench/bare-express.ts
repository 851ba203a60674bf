// A server for comparison, in a process of its own: answers every claim with the body its parent names and does nothing
// else; with `validated` it holds requests and answers to the description, by the validator alone; with `lean` it leaves
// out what Express adds by itself and the emulator does not. With `program=` it starts that, for each spawn, as its child.
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { validatorOf } from '../src/http/validate.ts';
import { readSchedulerApi } from '../src/openapi/load.ts';

const [, , answer = 'null', ...modes] = process.argv;
const body: unknown = JSON.parse(answer);

const app = express();
if (modes.includes('lean')) {
  app.disable('x-powered-by');
  app.disable('etag');
}
app.use(express.json());
if (modes.includes('validated')) app.use(...validatorOf(readSchedulerApi()));
app.post('/v1/functions/:containerId/claim', (_request, response) => {
  response.json(body);
});
const program = modes.find((mode) => mode.startsWith('program='))?.slice('program='.length);
if (program !== undefined) {
  app.post('/spawn', ({ body: env }, response) => {
    const child = spawn(program, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.once('data', (printed) => process.send?.(String(printed)));
    child.once('spawn', () => response.json({ data: body }));
  });
}
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
