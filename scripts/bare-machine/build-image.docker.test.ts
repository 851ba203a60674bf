import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { chooseBaseImage } from './build-image.ts';
import { dockerBuild } from './docker-build.ts';

test("a base image is made of this machine's Node where the usual one is missing", async () => {
  const said: string[] = [];
  const base = await chooseBaseImage('localhost:1/node:24-slim', (line) => said.push(line));
  expect(said).toEqual([
    expect.stringMatching(/^Failed to pull image localhost:1\/node:24-slim: .* built on this machine's Node \d/),
  ]);
  const version = execFileSync('docker', ['run', '--rm', base, 'node', '--version'], { encoding: 'utf8' });
  expect(version.trim()).toBe(process.version);
}, 120_000);

test('a build that fails says why in one line, with what to do', () => {
  const build = () => dockerBuild('cycle-trial/never', ['/no/such/folder'], 'Name another base');
  expect(build).toThrow('Failed to build the image cycle-trial/never: docker says above why. Name another base.');
});
