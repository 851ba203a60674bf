// Makes a session in the engine and waits to be killed. Run as a process of its own by the test of leftovers.
import { startDockerSession } from './docker-session.ts';

const session = await startDockerSession();
const { runtime } = session;
await runtime.prepare(session.spec({ host: 1 }));
await (await runtime.prepare(session.spec({ host: 2 }))).start({});
await runtime.prepare(session.spec({ host: 3 }), { hot: true });
process.stdout.write(`${session.id}\n`);
