import { setImmediate as turn } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

/** A bell, an escape that clears the screen, DEL, and the one character that stands for an escape and a bracket. */
const obeyed = '\u0007\u001b[2J\u007f\u009b2J';

test.each([
  ['on a terminal', false, true],
  ['in a file', false, false],
  ['as JSON', true, true],
])('%s a log line has no control character', async (_where, json, isTerminal) => {
  let written = '';
  const logger = createLogger('info', json, { sink: { write: (text) => (written += text) }, isTerminal });
  logger.warn({ hostname: `a${obeyed}`, inner: { path: obeyed }, tab: '\t' }, 'a request');
  logger.error({ err: new Error(`b${obeyed}`) }, `c${obeyed}`);
  logger.info({ plain: obeyed }, 'ordinary');
  await turn();
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
