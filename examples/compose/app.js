import { createServer } from 'node:http';

const functionId = '65a0000000000000000000e1';

const call = async (operation, body) => {
  const response = await fetch(`http://env-scheduler/v1/functions/${functionId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': process.env.CYCLE_ACCESS_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: 'example', ...body }),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
  return (await response.json()).data;
};

const textOf = async (url) => {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return (await answer.text()).trim();
    // The function's process runs, and listens in a moment.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

// What the function asks this service for, by the service's name: http://app:8080/numbers
const numbers = createServer((_request, response) => response.end('1 2 3')).listen(8080);

const { instance_id, environment } = await call('claim');
await call('spawn', { instance_id });
// At the address that claim answered. By name it would be http://sum-1:8080, from its host name and place in the pool.
console.log(`${instance_id} says: ${await textOf(`http://${environment.legacy.ipv4.ip}:8080/sum`)}`);
await call('release', { instance_id });
numbers.close();
