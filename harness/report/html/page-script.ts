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
/** Filters that are several boxes, and their names in the address. */
const LISTS = [
  ['status', 'verdict'],
  ['kernel', 'kernel'],
] as const;
const permalink = one<HTMLAnchorElement>('#permalink');
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

/**
 * The part of the address behind `#`: `ANCHOR:console-12?text=drop&verdict=fail&kernel=6.12`. Each part may be absent: the open cell, a line of
 * one of its logs, the filters that are not as they are at first.
 */
interface Place {
  readonly cell: string;
  readonly line: string;
  readonly filters: URLSearchParams;
}

function placeOf(hash: string): Place {
  const [, cell = '', line = '', query = ''] = /^#?([^:?]*)(?::([^?]*))?(?:\?(.*))?$/s.exec(hash) ?? [];
  return { cell: decoded(cell), line, filters: new URLSearchParams(query) };
}

/** A chat or a mail program may have escaped characters of the address. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hashOf(cell: string | null, line = ''): string {
  const query = filtersInUse().toString();
  return `${cell ?? ''}${line === '' ? '' : `:${line}`}${query === '' ? '' : `?${query}`}`;
}

function setHash(hash: string): void {
  history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
}

/** Shows what the address names. */
function goToPlace(): void {
  const { cell, line, filters: wanted } = placeOf(location.hash);
  useFilters(wanted);
  applyFilters();
  if (stored.has(cell)) openCell(cell, line);
  else if (view.open) view.close();
  unfold(cell);
}

/** Opens what is folded over the place that the address names. */
function unfold(id: string): void {
  const place = document.getElementById(id);
  const folded = place?.closest('details');
  if (!place || !folded || folded.open) return;
  folded.open = true;
  place.scrollIntoView({ block: 'center' });
}

function openCell(id: string, line = ''): void {
  const cell = stored.get(id);
  if (cell === undefined) return;
  const holder = document.createElement('template');
  holder.innerHTML = cell.textContent;
  const section = one<HTMLElement>('section', holder.content);
  const body = one<HTMLElement>('.cell-view', view);
  body.replaceChildren(...section.childNodes);
  addCopyButton(body);
  for (const log of body.querySelectorAll<HTMLElement>('pre[data-log]')) numberLines(log, id);
  shown = id;
  linkOf(id)?.scrollIntoView({ block: 'center', inline: 'nearest' });
  if (!view.open) view.showModal();
  view.scrollTop = 0;
  showLine(line);
}

function linkOf(id: string): HTMLAnchorElement | undefined {
  return visibleLinks().find(link => link.hash === `#${id}`);
}

/** Gives each line of a log a number that is a link to it. */
function numberLines(log: HTMLElement, id: string): void {
  const name = log.dataset['log'] ?? '';
  const lines = (log.textContent ?? '').split('\n').map((text, i) => {
    const line = Object.assign(document.createElement('span'), { className: 'log-line' });
    const place = `${name}-${i + 1}`;
    line.dataset['line'] = place;
    const link = Object.assign(document.createElement('a'), { href: `#${id}:${place}`, textContent: i + 1 });
    line.append(link, text);
    return line;
  });
  log.replaceChildren(...lines);
}

/** Marks a line of a log of the open cell, and scrolls to it; '' for none. */
function showLine(place: string): void {
  if (shown === null) return;
  setHash(hashOf(shown, place));
  permalink.href = `#${hashOf(shown, place)}`;
  for (const line of view.querySelectorAll<HTMLElement>('.log-line')) {
    const isTarget = line.dataset['line'] === place;
    line.classList.toggle('target', isTarget);
    if (isTarget) line.scrollIntoView({ block: 'center' });
  }
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
    .map(box => `.${box.dataset['column']}{display:none}`)
    .join('');
  const hidden = new Set([...all].filter(box => !kernels.has(box.value)).map(box => box.dataset['column']));
  let cells = 0;
  for (const row of rows) {
    const fits = text.split(/\s+/).every(word => (row.dataset['text'] ?? '').includes(word));
    let seen = 0;
    let changed = false;
    for (const cell of row.querySelectorAll<HTMLElement>('td[data-status]')) {
      const column = /\bk\d+\b/.exec(cell.className)?.[0] ?? '';
      const shown = statuses.has(cell.dataset['status'] ?? '');
      cell.classList.toggle('off', !shown);
      if (!shown || hidden.has(column)) continue;
      seen++;
      changed ||= cell.dataset['change'] !== undefined;
    }
    row.hidden = !fits || seen === 0 || (changedOnly && !changed);
    if (!row.hidden) cells += seen;
  }
  hideEmptyGroups();
  one<HTMLElement>('output', filters).textContent = `${cells} of ${stored.size} cells`;
}

/** The filters that are not as they are at first: for the address. */
function filtersInUse(): URLSearchParams {
  const params = new URLSearchParams();
  const text = one<HTMLInputElement>('input[name=text]', filters).value.trim();
  if (text !== '') params.set('text', text);
  for (const [name, param] of LISTS) {
    const boxes = [...filters.querySelectorAll<HTMLInputElement>(`input[name=${name}]`)];
    const checked = boxes.filter(box => box.checked);
    if (checked.length === boxes.length) continue;
    if (checked.length === 0) params.set(param, '');
    for (const box of checked) params.append(param, box.value);
  }
  if (one<HTMLInputElement>('input[name=changed]', filters).checked) params.set('changed', '1');
  return params;
}

/** Sets the filters to those of an address. A verdict or a kernel that this run does not have selects nothing. */
function useFilters(params: URLSearchParams): void {
  one<HTMLInputElement>('input[name=text]', filters).value = params.get('text') ?? '';
  for (const [name, param] of LISTS) {
    const values = params.getAll(param);
    for (const box of filters.querySelectorAll<HTMLInputElement>(`input[name=${name}]`))
      box.checked = values.length === 0 || values.includes(box.value);
  }
  one<HTMLInputElement>('input[name=changed]', filters).checked = params.has('changed');
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
  const link = target.closest<HTMLAnchorElement>('a[href^="#"]');
  const place = link === null || link === permalink ? null : placeOf(link.hash);
  if (place !== null && stored.has(place.cell)) {
    event.preventDefault();
    if (place.cell === shown) showLine(place.line);
    else openCell(place.cell, place.line);
    return;
  }
  const step = target.closest<HTMLElement>('[data-go]')?.dataset['go'];
  // If the target is the dialog itself and not its content, the click was outside of it, on the backdrop.
  if (step === 'close' || target === view) view.close();
  else if (step !== undefined) go(Number(step));
});

view.addEventListener('close', () => {
  const link = shown === null ? undefined : linkOf(shown);
  shown = null;
  setHash(hashOf(null));
  link?.focus();
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

filters.addEventListener('input', () => {
  applyFilters();
  setHash(hashOf(shown));
});
filters.addEventListener('submit', event => event.preventDefault());
one('#theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark =
    root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  root.dataset['theme'] = dark === 'dark' ? 'light' : 'dark';
});
addEventListener('hashchange', goToPlace);

goToPlace();
