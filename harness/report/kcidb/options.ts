/** What KCIDB needs to know that a run does not say. */
export interface KcidbOptions {
  /** The name that KernelCI has agreed on with whoever submits: letters, digits and `_`. Every id begins with it. */
  readonly origin: string;
  /** Address at which the run's folder is published, without a `/` at its end; null if it is not. */
  readonly files: string | null;
}
