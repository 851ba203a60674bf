// Invokes a function that calls the emulator and has a port published, asks it over HTTP, and prints what came of it. Run as a process of
// its own, in the network that the test of remote engines gives it: `call-from-afar.ts <engine> <host> [url for functions]`
import { startEmulator } from '../../src/index.ts';
import { sampleStack } from './sample-stack.ts';

const [docker = '', host = '', functionsUrl] = process.argv.slice(2);
const script = 'wget -q -O - $SCHEDULER/_emulator/health/ready | grep -c session; exec httpd -f -p 8080 -h /etc';
const network = { public: 'enable', ports: ['80:8080'] };
const stack = sampleStack({ web: { script, network, shutdown: { graceful_timeout: '1s' } } });
const warnings: string[] = [];
const warn = (_fields: object, message: string) => void warnings.push(message);
const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
const options = { stack, docker, host, logger, ...(functionsUrl === undefined ? {} : { functionsUrl }) };
await using emulator = await startEmulator(options);
const env = { SCHEDULER: emulator.functionsUrl?.replace('PORT', String(emulator.port)) ?? 'http://127.0.0.1:1' };
// It answers only where the published port has answered.
const { logs } = await emulator.invoke('web', { env, until: { port: 8080 }, signal: AbortSignal.timeout(30_000) });
const { publishedHost, port } = emulator;
const { functionsUrl: told } = emulator;
const page = await emulator.fetch('web', '/hostname');
const answered = [page.status, (await page.text()).trim()];
const outcome = { port, functionsUrl: told, publishedHost, answered, printed: logs.stdout, warnings };
process.stdout.write(`${JSON.stringify(outcome)}\n`);
