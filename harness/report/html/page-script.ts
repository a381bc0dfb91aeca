/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// Runs in the browser. It is compiled like other files, and page.tsx then copies it into the page as text, so it must not import anything.

const view = one<HTMLDialogElement>('#view');
const filters = one<HTMLFormElement>('.filters');
const rows = [...document.querySelectorAll<HTMLTableRowElement>('tr.row')];
const stored = new Map(
  [...document.querySelectorAll<HTMLElement>('noscript[data-id]')].map(cell => [
    cell.dataset['id'] ?? '',
    cell,
  ]),
);
const columns = document.createElement('style');
let shown: string | null = null;

document.documentElement.classList.add('script');
document.head.append(columns);

function one<T extends Element>(selector: string, root: ParentNode = document): T {
  const found = root.querySelector<T>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Returns the visible links of the matrix, in reading order. */
function visibleLinks(): HTMLAnchorElement[] {
  return rows
    .filter(row => !row.hidden)
    .flatMap(row => [...row.querySelectorAll<HTMLAnchorElement>('td:not(.off) > a')])
    .filter(link => link.offsetParent !== null);
}

function openCell(id: string): void {
  const cell = stored.get(id);
  if (cell === undefined) return;
  const holder = document.createElement('template');
  holder.innerHTML = cell.textContent;
  const section = one<HTMLElement>('section', holder.content);
  const body = one<HTMLElement>('.cell-view', view);
  body.replaceChildren(...section.childNodes);
  addCopyButton(body);
  shown = id;
  history.replaceState(null, '', `#${id}`);
  if (!view.open) view.showModal();
  view.scrollTop = 0;
}

function addCopyButton(body: HTMLElement): void {
  const repeat = body.querySelector<HTMLElement>('.repeat');
  const text = repeat?.querySelector('code')?.textContent;
  if (repeat === null || text === undefined) return;
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'copy' });
  button.addEventListener('click', () => {
    // The clipboard can be unavailable to a page that was opened from a file.
    void navigator.clipboard?.writeText(text).then(() => (button.textContent = 'copied'));
  });
  repeat.append(button);
}

function go(step: number): void {
  const links = visibleLinks();
  const at = links.findIndex(link => link.hash === `#${shown}`);
  const next = links[at + step];
  if (next !== undefined) openCell(next.hash.slice(1));
}

function applyFilters(): void {
  const data = new FormData(filters);
  const text = one<HTMLInputElement>('input[name=text]', filters).value.trim().toLowerCase();
  const statuses = new Set(data.getAll('status').map(String));
  const kernels = new Set(data.getAll('kernel').map(String));
  const changedOnly = data.get('changed') !== null;
  const all = filters.querySelectorAll<HTMLInputElement>('input[name=kernel]');
  columns.textContent = [...all]
    .filter(box => !kernels.has(box.value))
    .map(box => `.k${box.value}{display:none}`)
    .join('');
  let cells = 0;
  for (const row of rows) {
    const fits = text.split(/\s+/).every(word => (row.dataset['text'] ?? '').includes(word));
    let seen = 0;
    let changed = false;
    for (const cell of row.querySelectorAll<HTMLElement>('td[data-status]')) {
      const column = /\bk(\d+)\b/.exec(cell.className)?.[1] ?? '';
      const wanted = statuses.has(cell.dataset['status'] ?? '');
      cell.classList.toggle('off', !wanted);
      if (!wanted || !kernels.has(column)) continue;
      seen++;
      changed ||= cell.dataset['change'] !== undefined;
    }
    row.hidden = !fits || seen === 0 || (changedOnly && !changed);
    if (!row.hidden) cells += seen;
  }
  hideEmptyGroups();
  one<HTMLElement>('output', filters).textContent = `${cells} of ${stored.size} cells`;
}

function hideEmptyGroups(): void {
  let folder: HTMLElement | null = null;
  for (const body of document.querySelectorAll<HTMLElement>('.matrix tbody')) {
    if (body.classList.contains('folder')) {
      folder = body;
      folder.hidden = true;
      continue;
    }
    body.hidden = [...body.querySelectorAll<HTMLTableRowElement>('tr.row')].every(row => row.hidden);
    if (!body.hidden && folder !== null) folder.hidden = false;
  }
}

/** Arrow keys in the matrix: moves along the row, or to the next row with a cell in the same column. */
function moveFocus(from: HTMLAnchorElement, key: string): void {
  const links = visibleLinks();
  const at = links.indexOf(from);
  if (key === 'ArrowLeft') links[at - 1]?.focus();
  if (key === 'ArrowRight') links[at + 1]?.focus();
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return;
  const column = from.parentElement?.className.split(' ')[0] ?? '';
  const same = links.filter(link => link.parentElement?.classList.contains(column));
  same[same.indexOf(from) + (key === 'ArrowDown' ? 1 : -1)]?.focus();
}

document.addEventListener('click', event => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>('a[href^="#c"]');
  if (link !== null && stored.has(link.hash.slice(1))) {
    event.preventDefault();
    openCell(link.hash.slice(1));
    return;
  }
  const step = target.closest<HTMLElement>('[data-go]')?.dataset['go'];
  // If the target is the dialog itself and not its content, the click was outside of it, on the backdrop.
  if (step === 'close' || target === view) view.close();
  else if (step !== undefined) go(Number(step));
});

view.addEventListener('close', () => {
  const link = visibleLinks().find(a => a.hash === `#${shown}`);
  history.replaceState(null, '', location.pathname + location.search);
  link?.focus();
  shown = null;
});

document.addEventListener('keydown', event => {
  const target = event.target as Element;
  if (view.open) {
    if (event.key === 'ArrowLeft') go(-1);
    if (event.key === 'ArrowRight') go(1);
    return;
  }
  if (event.key === '/' && !(target instanceof HTMLInputElement)) {
    event.preventDefault();
    one<HTMLInputElement>('input[name=text]', filters).focus();
  }
  if (target instanceof HTMLAnchorElement && target.closest('.matrix') && event.key.startsWith('Arrow')) {
    event.preventDefault();
    moveFocus(target, event.key);
  }
});

filters.addEventListener('input', applyFilters);
filters.addEventListener('submit', event => event.preventDefault());
one('#theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark =
    root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  root.dataset['theme'] = dark === 'dark' ? 'light' : 'dark';
});
addEventListener('hashchange', () => openCell(location.hash.slice(1)));

applyFilters();
openCell(location.hash.slice(1));
