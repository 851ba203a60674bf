import { counted } from '../model/json.ts';
import {
  type CaseResult,
  type Check,
  type ContractResult,
  type Finding,
  outcomes,
  type Repetition,
  type Step,
} from '../model/result.ts';
import { escapeMarkup as text, toCurl, toRepetitionLines } from './markup.ts';

/** How the page looks, in light and in dark. */
const style = `
:root { color-scheme: light dark; --line: #8884; --quiet: #888; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; } h2 { font-size: 1.05rem; }
.quiet { color: var(--quiet); font-size: .85rem; }
.filters { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: .6rem 0; background: Canvas; border-bottom: 1px solid var(--line); z-index: 1; }
.filters input[type=search] { flex: 1; min-width: 10rem; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
details.step { margin-left: 1rem; border: 0; }
summary { cursor: pointer; } summary, p, li { overflow-wrap: anywhere; }
.badge { display: inline-block; min-width: 4.2rem; text-align: center; border-radius: .25rem; color: #fff; font-size: .8rem; padding: 0 .3rem; background: #667; }
.badge.pass { background: #2a7d46; } .badge.fail, .badge.error { background: #b3261e; } .badge.warn { background: #a15c00; }
.badge.info { background: #2f5fb3; } .badge.skip { background: #777; } .badge.known-difference { background: #6a4c93; }
.verdict.pass { color: #2a7d46; } .verdict.fail { color: #d0473e; }
table { border-collapse: collapse; font-size: .85rem; margin: .4rem 0; } td, th { border: 1px solid var(--line); padding: .15rem .4rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr.broken td:first-child { color: #d0473e; font-weight: 600; }
.exchange { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow: auto; background: #8881; padding: .5rem; margin: .3rem 0; font-size: .8rem; }
.curl { display: flex; gap: .5rem; align-items: start; } .curl code { overflow-wrap: anywhere; font-size: .8rem; }
[hidden] { display: none; }
`;

/** Filters by outcome and words, and copies commands. */
const script = `
const form = document.querySelector('.filters');
const cases = [...document.querySelectorAll('main > details')];
const apply = () => {
  const wanted = new Set([...form.querySelectorAll('input[type=checkbox]:checked')].map((box) => box.value));
  const words = form.querySelector('input[type=search]').value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const one of cases) {
    const label = one.querySelector('summary').textContent.toLowerCase();
    one.hidden = !wanted.has(one.dataset.outcome) || !words.every((word) => label.includes(word));
    if (!one.hidden) shown += 1;
  }
  form.querySelector('output').textContent = shown + ' of ' + cases.length + ' cases';
};
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('click', (event) => {
  const button = event.target.closest('.curl button');
  if (!button) return;
  navigator.clipboard.writeText(button.nextElementSibling.textContent).then(() => { button.textContent = 'copied'; });
});
apply();
`;

/** The result as one page that needs nothing else: no network, no other file. */
export const toHtml = (result: ContractResult): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Scheduler contract: ${text(result.verdict)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Scheduler contract: <span class="verdict ${result.exitCode === 0 ? 'pass' : 'fail'}">${text(result.verdict)}</span></h1>
<p>${text(result.message)}</p>
<p class="quiet">${text(result.target.url)} · ${text(result.startedAt)} · ${(result.durationMs / 1_000).toFixed(1)} s · suite ${text(result.suite.version)} · API ${text(result.suite.apiVersion)}</p>
</header>
${result.warnings.map((warning) => `<p><strong>Warning:</strong> ${text(warning)}</p>`).join('\n')}
${findingsOf(result.findings)}
${untriedOf(result)}
<form class="filters">
${outcomes.map((outcome) => filterOf(outcome, result.counts[outcome])).join('\n')}
<input type="search" placeholder="ID or words" aria-label="ID or words">
<output></output>
</form>
<main>
${result.cases.map((one) => caseOf(result, one)).join('\n')}
</main>
${asides(result)}
<script>${script}</script>
</body>
</html>
`;

const findingsOf = (findings: readonly Finding[]): string => {
  if (findings.length === 0) return '';
  const rows = findings.map(
    ({ outcome, evidence, rule, operations, cases, checks, expected, came, repetition }) =>
      `<tr><td><span class="badge ${outcome}">${outcome}</span></td><td>${evidence}</td><td>${text(rule)}</td><td>${operations.join(', ')}</td><td>${text(expected)}</td><td>${text(came)}${repetition === undefined ? '' : repetitionOf(repetition)}</td><td><details><summary>${counted(cases.length, 'case')}, ${counted(checks, 'time')}</summary>${cases.map(text).join(', ')}</details></td></tr>`,
  );
  return `<section><h2>Findings, one for each broken rule</h2><table><thead><tr><th></th><th>evidence</th><th>rule</th><th>operations</th><th>expected</th><th>came first</th><th>met in</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></section>`;
};

const repetitionOf = (repetition: Repetition): string => {
  const [history = '', command = ''] = toRepetitionLines(repetition);
  return `<p>${text(history)}</p>${copied(command)}`;
};

const copied = (command: string): string =>
  `<div class="curl"><button type="button">copy</button><code>${text(command)}</code></div>`;

const untriedOf = ({ untried }: ContractResult): string =>
  untried.length === 0
    ? ''
    : `<section><h2>Not tried</h2><ul>${untried.map(({ reason, cases }) => `<li>${text(reason)}: ${cases.map(text).join(', ')}</li>`).join('\n')}</ul></section>`;

const filterOf = (outcome: string, count: number): string =>
  `<label class="${outcome}"><input type="checkbox" value="${outcome}" checked${count === 0 ? ' disabled' : ''}> ${outcome} ${count}</label>`;

const caseOf = (
  { target }: ContractResult,
  one: CaseResult,
): string => `<details data-outcome="${one.outcome}"${one.outcome === 'fail' || one.outcome === 'error' ? ' open' : ''}>
<summary><span class="badge ${one.outcome}">${one.outcome}</span> <b>${one.id}</b> ${text(one.requirement)} <span class="quiet">${one.evidence} · ${one.level} · ${one.durationMs} ms</span></summary>
${one.message === '' ? '' : `<p>${text(one.message)}</p>`}
${checksOf(one.checks)}
${one.steps.map((step, index) => stepOf(target.url, step, index)).join('\n')}
</details>`;

const checksOf = (checks: readonly Check[]): string => {
  if (checks.length === 0) return '';
  const rows = checks.map(
    ({ met, evidence, rule, expected, came, operation, step }) =>
      `<tr class="${met ? 'met' : 'broken'}"><td>${met ? 'met' : evidence === 'documented' ? 'broken' : 'differs'}</td><td>${evidence}</td><td>${text(rule)}</td><td>${text(expected)}</td><td>${text(came)}</td><td>${operation ?? ''}${step === undefined ? '' : ` #${step + 1}`}</td></tr>`,
  );
  return `<table><thead><tr><th></th><th>evidence</th><th>rule</th><th>expected</th><th>came</th><th>step</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
};

const stepOf = (url: string, { request, response, failure, atMs, durationMs }: Step, index: number): string => {
  const curl = toCurl(url, request);
  const headers = (all: Readonly<Record<string, string>>): string =>
    Object.entries(all)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('');
  const sent = `${request.method} ${request.path}\n${headers(request.headers)}\n${request.body ?? ''}`;
  const came =
    response === null ? `no answer: ${failure}` : `${response.status}\n${headers(response.headers)}\n${response.body}`;
  const status = response === null ? 'no answer' : String(response.status);
  return `<details class="step"><summary>#${index + 1} ${text(request.method)} ${text(request.path)} → ${status} <span class="quiet">at ${atMs} ms, took ${durationMs} ms</span></summary>
<div class="exchange"><pre>${text(sent)}</pre><pre>${text(came)}</pre></div>
${curl === null ? '<p class="quiet">The body is too long to be copied as a command.</p>' : copied(curl)}
</details>`;
};

const asides = ({ settings, defects, answers, leftovers }: ContractResult): string => {
  const section = (title: string, rows: readonly string[]): string =>
    rows.length === 0
      ? ''
      : `<section><h2>${title}</h2><ul>${rows.map((line) => `<li>${line}</li>`).join('\n')}</ul></section>`;
  const shown = (value: unknown): string => text(typeof value === 'string' ? value : JSON.stringify(value));
  return [
    section(
      'Left behind',
      leftovers.map(({ container, instance, reason }) => text(`${instance} of ${container}: ${reason}`)),
    ),
    section(
      'Defects of the public description, not charged to the target',
      defects.map(({ number, defect, cases }) => text(`${number} ${defect} Met in ${cases.join(', ')}.`)),
    ),
    section(
      'How the target answers where nothing public says',
      Object.entries(answers).map(([question, answer]) => `<code>${text(question)}</code> ${shown(answer)}`),
    ),
    section(
      'Settings',
      Object.entries(settings).map(([name, value]) => `<code>${text(name)}</code> ${shown(value)}`),
    ),
  ].join('\n');
};
