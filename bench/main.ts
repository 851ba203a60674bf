// npm run bench: measures what the documentation promises, here and now, beside the bare client. See --help.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderTable } from '../src/cli/output.ts';
import { toMessage } from '../src/shared/errors.ts';
import { packageRoot } from '../src/shared/package.ts';
import { renderDocument } from './document.ts';
import { describeMachine, toSentence } from './machine.ts';
import { type Report, type RowReport, tableHead, toCells, toRowReport, toVerdict } from './report.ts';
import { rows } from './rows.ts';

const help = `npm run bench -- [options]

  --only <keys>   measures only these rows, for instance a,h
  --short         few rounds: shows that it runs, and roughly how ratios lie
  --json <file>   writes all figures there
  --write         writes docs/performance.json, and docs/performance.md from it; only with all rows, at full length

${rows.map(({ key, title }) => `  ${key}  ${title}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const chosenRows = () => {
  const keys = values.only?.split(',') ?? rows.map(({ key }) => key);
  const unknown = keys.filter((key) => !rows.some((row) => row.key === key));
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}. See --help.`);
  return rows.filter(({ key }) => keys.includes(key));
};

const measure = async (signal: AbortSignal): Promise<{ readonly report: Report; readonly failed: boolean }> => {
  const machine = await describeMachine();
  const { short } = values;
  console.log(`${toSentence(machine)}\n`);
  const beganAt = performance.now();
  const reports: RowReport[] = [];
  const chosen = chosenRows();
  for (const row of chosen) {
    console.log(`${row.key}  ${row.title} (${row.unit})`);
    try {
      const report = toRowReport(row, await row.measure({ short, signal }), machine.docker);
      reports.push(report);
      console.log(renderTable(tableHead, report.lines.map(toCells)));
      for (const target of report.targets) console.log(toVerdict(target));
    } catch (error) {
      signal.throwIfAborted();
      console.error(`not measured: ${toMessage(error)}`);
    }
    console.log();
  }
  const seconds = (performance.now() - beganAt) / 1_000;
  const report = { date: new Date().toISOString(), short, seconds, machine, rows: reports };
  return { report, failed: reports.length < chosen.length };
};

const write = (report: Report): void => {
  const path = (name: string): string => join(packageRoot, 'docs', name);
  writeFileSync(path('performance.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path('performance.md'), renderDocument(report));
};

const run = async (): Promise<number> => {
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values.write && (values.short || values.only !== undefined)) {
    throw new Error('The documentation shows all rows at full length: give --write without --only and --short.');
  }
  // The first signal lets everything be removed; after a second one the watchdogs do that.
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      console.error('Stopping: removing what was made.');
      stop.abort(new Error('stopped by a signal'));
    });
  }
  const { report, failed } = await measure(stop.signal);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.write && !failed) write(report);
  return failed ? 1 : 0;
};

try {
  process.exitCode = await run();
} catch (error) {
  console.error(toMessage(error));
  process.exitCode = 1;
}
