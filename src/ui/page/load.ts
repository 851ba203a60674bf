// The page's first script. A browser gives requests up when an address of the machine comes or goes, which engines do with
// each container, so a file of the page may fail to load while all is well: then the page is loaded again, a few times.
const counter = 'cycle-loads';
const mostLoads = 8;
const pauseMs = 250;

const loadAgain = (): void => {
  const loads = Number(sessionStorage.getItem(counter) ?? 0) + 1;
  sessionStorage.setItem(counter, String(loads));
  if (loads < mostLoads) setTimeout(() => location.reload(), pauseMs * loads);
  // A reload by hand has as many tries.
  else sessionStorage.removeItem(counter);
};

const sheets = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')];
if (sheets.some(({ sheet }) => sheet === null)) loadAgain();
else import('./app.ts').then(() => sessionStorage.removeItem(counter), loadAgain);
