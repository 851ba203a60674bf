import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The first line that a docker command which goes on prints and that matches; throws when it ends without one. */
export const dockerLine = async (args: readonly string[], pattern: RegExp): Promise<string> => {
  const child = spawn('docker', [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const seen: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => seen.push(String(chunk)));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (pattern.test(line)) return line;
      seen.push(line);
    }
  } finally {
    child.kill();
  }
  throw new Error(`docker ${args.join(' ')} printed nothing like ${pattern}:\n${seen.join('\n')}`);
};

/** Resolves once the container's own check finds it healthy; throws where it ends before. */
export const untilHealthy = async (container: string): Promise<void> => {
  const events = ['events', '--since', '0', '--filter', `container=${container}`, '--format', '{{.Status}}'];
  const status = await dockerLine(events, /^health_status: healthy$|^die$/);
  if (status === 'die') {
    const { stdout, stderr } = spawnSync('docker', ['logs', container], { encoding: 'utf8' });
    throw new Error(`Container ${container} ended before it was healthy:\n${stdout}${stderr}`);
  }
};
