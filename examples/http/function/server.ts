import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const steps = ['packed', 'sent', 'delivered'];

/** `/orders/7` is an order as JSON; `/orders/7/events` its way, as server-sent events. */
const server = createServer(async (request, response) => {
  const [, id, events] = /^\/orders\/(\d+)(\/events)?$/.exec(request.url ?? '') ?? [];
  if (id === undefined) {
    response.writeHead(404).end();
    return;
  }
  if (events === undefined) {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ id, instance: process.env['CYCLE_INSTANCE_ID'] }));
    return;
  }
  response.setHeader('Content-Type', 'text/event-stream');
  for (const step of steps) {
    response.write(`data: ${step}\n\n`);
    await pause(500);
  }
  response.end();
});

server.listen(8080, () => console.log('listening'));
// The instance is released when the answer has ended, or its caller has gone.
process.once('SIGTERM', () => process.exit(0));
