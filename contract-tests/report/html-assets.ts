/** How the page looks, in light and in dark. */
export const style = `
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
export const script = `
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
