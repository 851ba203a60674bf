// Loads the page again where a part of it did not come: browsers give up requests when an address of the machine comes or
// goes, as Docker's do. No module, so that it is there before any.
const countName = 'cycle-page-reloads';
const mostReloads = 8;
const pauseMs = 250;

const reload = ({ target }: Event): void => {
  const isPart = target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && target.rel !== 'icon');
  const before = Number(sessionStorage.getItem(countName));
  if (!isPart || before >= mostReloads) return;
  sessionStorage.setItem(countName, String(before + 1));
  // Of several parts that failed, the first counts.
  removeEventListener('error', reload, true);
  setTimeout(() => location.reload(), pauseMs * (before + 1));
};
addEventListener('error', reload, true);
setTimeout(() => sessionStorage.removeItem(countName), 30_000);
