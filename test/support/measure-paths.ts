import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';

// Run as a program: in which files a named function runs during a start, a claim, a spawn, a release and a case of the suite.
// It prints them as JSON. A process of its own, since the coverage of V8 counts from its beginning.

const root = fileURLToPath(new URL('../../', import.meta.url));
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

/** Those since the last call. */
const take = async (folder: 'src' | 'contract-tests'): Promise<readonly string[]> => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ functions }) =>
      functions.some(({ functionName, ranges }) => functionName !== '' && (ranges[0]?.count ?? 0) > 0),
    )
    .flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url).slice(root.length)] : []))
    .filter((path) => path.startsWith(`${folder}/`))
    .sort();
};

const { startEmulator } = await import('../../src/index.ts');
await take('src');
await using emulator = await startEmulator({ stack: `${root}fixtures/hello.yaml`, runtime: 'simulated' });
const start = await take('src');

const functionId = emulator.function('hello').id;
const call = async (operation: string, body: object): Promise<string> => {
  const answer = await fetch(`${emulator.url}/v1/functions/${functionId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': emulator.accessKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${operation} answered ${answer.status}: ${text}`);
  return /"instance_id":"(\w+)"/.exec(text)?.[1] ?? '';
};
const useOnce = async (token: string) => {
  const instance_id = await call('claim', { token });
  const claim = await take('src');
  await call('spawn', { token, instance_id });
  const spawn = await take('src');
  await call('release', { token, instance_id });
  return { claim, spawn, release: await take('src') };
};

// The first use makes the validator and opens the connection.
await useOnce('first-token');
const paths = await useOnce('second-token');

const { openContract } = await import('../../contract-tests/suites/index.ts');
const contract = await openContract({
  url: emulator.url,
  accessKey: emulator.accessKey,
  containers: [functionId],
  ledgerFolder: false,
  callback: { mode: 'off' },
  only: ['RELEASE-003', 'RELEASE-004'],
});
const [first, second] = contract.cases;
if (first === undefined || second === undefined) throw new Error('the suite has no RELEASE-003 and RELEASE-004');
await contract.runCase(second);
await take('contract-tests');
const { outcome } = await contract.runCase(first);
if (outcome !== 'pass') throw new Error(`RELEASE-003 came to ${outcome}`);
const contractCase = await take('contract-tests');
await contract.finish();

process.stdout.write(JSON.stringify({ start, ...paths, case: contractCase }));
