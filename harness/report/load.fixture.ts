import type { LoadCell, LoadFigures, LoadKernel, LoadReport } from '../model/load-report.ts';

const FIGURES: LoadFigures = {
  verified_insns: 1234,
  total_insns: 1234,
  total_states: 12,
  peak_states: 10,
  max_states_per_insn: 2,
  max_mark_read_len: 3,
  stack_depth: 16,
  duration: 900,
  prog_size: 400,
  xlated_bytes: 3300,
  prog_size_jited: 1900,
  prog_type: 6,
  attach_type: 37,
};

/** A cell of `fw.bpf.o` that was loaded, with what differs. */
export function loadCell(kernel: string, prog_name: string, more: Partial<LoadCell> = {}): LoadCell {
  return {
    kernel,
    file_name: 'fw.bpf.o',
    prog_name,
    state: 'loaded',
    reason: '',
    call: null,
    errno: null,
    source: null,
    place: null,
    lines: [],
    figures: FIGURES,
    ...more,
  };
}

/** The same with another number of instructions. */
export function sized(kernel: string, prog_name: string, insns: number): LoadCell {
  return loadCell(kernel, prog_name, { figures: { ...FIGURES, verified_insns: insns, total_insns: insns } });
}

/** A cell that the verifier refused. */
export function refused(kernel: string, prog_name: string, reason = "R2 invalid mem access 'inv'"): LoadCell {
  return loadCell(kernel, prog_name, {
    state: 'refused',
    reason,
    call: 'bpf(BPF_PROG_LOAD)',
    errno: 'EACCES',
    source: 'return *p;',
    place: kernel === '5.10' ? null : 'fw.bpf.c:13',
    lines: ['; return *p;', '1: (61) r0 = *(u32 *)(r2 +0)', reason],
  });
}

function column(id: string): LoadKernel {
  const version = `${id}.7`;
  const kernel = {
    id,
    spec: id,
    series: id,
    flavour: 'amd64',
    arch: 'amd64',
    version,
    release: `${version}-amd64`,
  } as const;
  return { id, problem: null, kernel: { ...kernel, packages: [], notes: [] } };
}

/** A report of these cells: an object with the programs that they name, by their kernels. */
export function loadReport(cells: readonly LoadCell[], more: Partial<LoadReport> = {}): LoadReport {
  const unique = (names: readonly string[]): string[] => [...new Set(names)];
  const sections: Readonly<Record<string, string>> = { optional: '?tc', slot: 'freplace/slot0' };
  const programs = unique(cells.map(({ prog_name }) => prog_name)).map(prog_name => {
    const section = sections[prog_name] ?? 'xdp';
    return { prog_name, section, autoload: !section.startsWith('?') };
  });
  return {
    schema: 1,
    kind: 'load',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 4200,
    host: {
      bpfrig: '2.0.0',
      node: '22',
      qemu: '10',
      accel: 'tcg',
      accelReason: '',
      cpus: 2,
      memoryMiB: 4096,
    },
    kernels: unique(cells.map(({ kernel }) => kernel)).map(column),
    objects: [{ file_name: 'fw.bpf.o', path: '/x/fw.bpf.o', problem: null, programs }],
    cells,
    exitCode: 1,
    ...more,
  };
}
