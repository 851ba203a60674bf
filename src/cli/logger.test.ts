import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

/** A bell, an escape that clears the screen, DEL, and the one character that stands for an escape and a bracket. */
const obeyed = '\u0007\u001b[2J\u007f\u009b2J';

test.each([
  ['on a terminal', false, true],
  ['in a file', false, false],
  ['as JSON', true, true],
])('%s a log line has no control character', (_where, json, isTerminal) => {
  let written = '';
  const logger = createLogger('info', json, { sink: { write: (line) => (written += line) }, isTerminal });
  logger.warn({ hostname: `a${obeyed}`, inner: { path: obeyed }, tab: '\t' }, 'a request');
  logger.error({ err: new Error(`b${obeyed}`) }, `c${obeyed}`);
  logger.info({ plain: obeyed }, 'ordinary');
  const lines = isTerminal && !json ? stripVTControlCharacters(written) : written;
  expect(lines).toContain('a request');
  expect(lines).toContain('"plain":"\\u0007\\u001b[2J\\u007f\\u009b2J"');
  expect(lines.match(/[^\P{Cc}\t\n]/gu)).toBeNull();
  if (isTerminal && !json) expect(written).toContain('\u001b[3');
  if (json)
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).plain),
    ).toContain(obeyed);
});

/** The lines on stderr of a process that logs a thousand and is gone in the same turn of the event loop. */
const logAndDie = async (json: boolean): Promise<readonly string[]> => {
  const script = `
    const { createLogger } = await import(${JSON.stringify(new URL('logger.ts', import.meta.url))});
    const logger = createLogger('info', ${json});
    logger.debug({}, 'too little to be logged');
    for (let number = 1; number <= 1_000; number += 1) logger.info({ number, code: null }, 'request');
    process.kill(process.pid, 'SIGKILL');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return (await text(child.stderr)).trimEnd().split('\n');
};

test('log lines for people all come before a kill -9', async () => {
  const lines = await logAndDie(false);
  expect(lines).toHaveLength(1_000);
  expect(lines.at(-1)).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{"number":1000,"code":null\}$/);
});

test('log lines in JSON all come before a kill -9', async () => {
  const lines = await logAndDie(true);
  expect(lines).toHaveLength(1_000);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    level: 30,
    time: expect.any(Number),
    number: 1_000,
    code: null,
    msg: 'request',
  });
});
