import type { Counters, Value } from '../../model/counters.ts';

/** Table of the counters of each CPU. Columns that contain only zeros are left out. */
export function PerCpu({ counters }: { readonly counters: Counters }) {
  const columns = columnsOf(counters);
  const shown = columns.filter(({ cpus }) => [...cpus.values()].some(n => n !== 0));
  const cpus = [...new Set(shown.flatMap(({ cpus: own }) => [...own.keys()]))];
  if (shown.length === 0) return <p class="quiet">Nothing was counted on any CPU.</p>;
  return (
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            <th>CPU</th>
            {shown.map(({ head }) => (
              <th class="n" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cpus.map(cpu => (
            <tr key={cpu}>
              <td>{cpu}</td>
              {shown.map(({ head, cpus: own }) => (
                <td class={own.get(cpu) === 0 ? 'n zero' : 'n'} key={head}>
                  {own.get(cpu) ?? ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Column {
  /** The counter's name with its last step left out: `cpumap.cpu offered`. */
  readonly head: string;
  readonly cpus: ReadonlyMap<string, number>;
}

/** Every counter that is kept by CPU: a mapping from numbers of CPUs to numbers, or to mappings of numbers. */
function columnsOf(value: Value, path: readonly string[] = []): Column[] {
  // Results of steps are no counters.
  if (!isRecord(value) || 'errno' in value) return [];
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([key]) => /^\d+$/.test(key)))
    return entries.flatMap(([key, inner]) => columnsOf(inner, [...path, key]));
  const fields = [...new Set(entries.flatMap(([, one]) => (isRecord(one) ? Object.keys(one) : [null])))];
  return fields.map(field => ({
    head: [path.join('.'), ...(field === null ? [] : [field])].join(' '),
    cpus: new Map(entries.map(([cpu, one]) => [cpu, numberAt(one, field)])),
  }));
}

function numberAt(value: Value, field: string | null): number {
  const n = field === null ? value : get(value, field);
  return typeof n === 'number' ? n : 0;
}

/** Histograms of batch sizes, number of events by number of packets, for every counter that has a `batch`. */
export function BatchHistograms({ counters }: { readonly counters: Counters }) {
  const all = Object.entries(counters).map(([name, counter]) => ({
    name,
    batch: numbers(get(counter, 'batch')),
  }));
  const shown = all.filter(({ batch }) => batch.some(n => n > 0));
  if (shown.length === 0) return <p class="quiet">No batch was counted.</p>;
  return (
    <div class="histograms">
      {shown.map(({ name, batch }) => (
        <Histogram key={name} title={`${name}: events by frames`} batch={batch} />
      ))}
    </div>
  );
}

const BAR = { width: 26, gap: 6, height: 70, top: 14, bottom: 16 } as const;

function Histogram({ title, batch }: { readonly title: string; readonly batch: readonly number[] }) {
  const most = Math.max(1, ...batch);
  const width = batch.length * (BAR.width + BAR.gap);
  const height = BAR.top + BAR.height + BAR.bottom;
  const base = BAR.top + BAR.height;
  return (
    <figure>
      <svg class="histogram" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img">
        <title>{`${title}: ${batch.map((n, size) => `${size}: ${n}`).join(', ')}`}</title>
        {batch.map((n, size) => {
          const tall = n === 0 ? 0 : Math.max(1.5, (n / most) * BAR.height);
          const x = size * (BAR.width + BAR.gap);
          const middle = x + BAR.width / 2;
          return (
            <g key={size} class={n === 0 ? 'zero' : ''}>
              <rect
                x={x}
                y={Math.round((base - tall) * 10) / 10}
                width={BAR.width}
                height={Math.round(tall * 10) / 10}
              />
              <text x={middle} y={Math.round(base - tall - 3)}>
                {n === 0 ? '' : n}
              </text>
              <text x={middle} y={height - 4}>
                {size}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

function numbers(value: Value | undefined): readonly number[] {
  return Array.isArray(value) ? value.map(n => (typeof n === 'number' ? n : 0)) : [];
}

function get(value: Value | undefined, key: string): Value | undefined {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: Value | undefined): value is Counters {
  return value !== null && value !== undefined && typeof value === 'object' && !Array.isArray(value);
}
